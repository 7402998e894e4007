"""Floor 4: from a Debian suite to a small root file system, without root and without running anything."""
