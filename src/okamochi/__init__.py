"""okamochi: from a Python web app's source folder to hardened containers, from one detected plan."""

__all__ = ["__version__"]

__version__ = "0.1.0"
