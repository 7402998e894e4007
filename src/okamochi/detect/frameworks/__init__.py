"""What is known of each web framework: one small file each, and the tuple of those that are looked for."""
