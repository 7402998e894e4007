"""The object that a server loads, and the process that serves it."""
