"""What .dockerignore keeps out of the image, and what it does not."""
