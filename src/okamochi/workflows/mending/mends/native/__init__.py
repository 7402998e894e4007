"""Debian packages that the image turned out to lack."""
