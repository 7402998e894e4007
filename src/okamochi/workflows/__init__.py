"""Floor 6: each workflow reads as a table of contents of what a command does."""
