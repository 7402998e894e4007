"""Servers of backing services without an engine: Debian's own, started as processes of this machine."""
