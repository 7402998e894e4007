"""What the steps of a Dockerfile leave in the image, and what they do not."""
