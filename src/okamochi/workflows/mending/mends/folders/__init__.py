"""Folders and files that the app writes or looks into."""
