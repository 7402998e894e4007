"""Rendered files on the disk, beside what people keep there."""
