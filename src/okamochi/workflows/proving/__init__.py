"""The entry point asked inside the built root file system."""
