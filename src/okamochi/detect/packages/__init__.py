"""What the app depends on, its Python and its base."""
