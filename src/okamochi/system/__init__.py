"""Floor 1: files, processes, HTTP, clock, environment; the only code that touches the outside world."""
