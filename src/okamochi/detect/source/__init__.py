"""The project's Python read as text and trees: names followed, imports, paths; nothing of it is run."""
