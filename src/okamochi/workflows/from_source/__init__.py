"""Packages that are built from their source, in isolation."""
