"""Values that nobody gave."""
