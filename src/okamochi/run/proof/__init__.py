"""The entry point proved: imported inside the built root file system, isolated, before success is said."""
