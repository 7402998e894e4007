"""What follows from a failed proof or start: what is missing, too old or too new."""
