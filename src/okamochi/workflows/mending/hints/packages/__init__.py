"""Packages whose age or owner is in doubt."""
