"""What is installed beside the app: which versions, from which list, and where to."""
