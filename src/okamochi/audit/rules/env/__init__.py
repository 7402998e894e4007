"""Environment variables: which are read, which values are known to everybody."""
