"""Plan in, plain files out: pure functions, one target a module."""
