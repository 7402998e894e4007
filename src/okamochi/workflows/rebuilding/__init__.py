"""What the last build was, and what a change calls for."""
