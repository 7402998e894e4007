"""The containers of development."""
