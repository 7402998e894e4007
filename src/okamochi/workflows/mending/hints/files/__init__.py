"""Files of the project that the image or the folder lacks."""
