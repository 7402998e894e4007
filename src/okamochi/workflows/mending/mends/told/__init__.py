"""What the failure says itself."""
