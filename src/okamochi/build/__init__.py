"""Floor 5: from plan and lock to an OCI image."""
