"""The engine for machines without one: it runs the built image's own files."""

from okamochi.run.host.engine import HostEngine

__all__ = ["HostEngine"]
