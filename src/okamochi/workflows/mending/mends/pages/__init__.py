"""Other pages than the first one."""
