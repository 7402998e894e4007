"""Floor 3: the plan and its parts, the lock, the settings; frozen values, no input or output."""
