"""What Compose alone has: merging, waiting for others, mounts, published ports."""
