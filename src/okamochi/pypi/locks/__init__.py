"""Lock files of other tools, read as pins with hashes; nothing of the tools is run."""
