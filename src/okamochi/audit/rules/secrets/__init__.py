"""Secrets: where they are written, who can read them."""
