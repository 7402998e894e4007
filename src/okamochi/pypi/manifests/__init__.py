"""Files other than requirement files in which a project lists what it needs."""
