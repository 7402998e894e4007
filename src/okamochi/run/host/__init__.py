"""The engine for machines without one: it runs the built image's own files."""
