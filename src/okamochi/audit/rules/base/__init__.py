"""What an image is made on."""
