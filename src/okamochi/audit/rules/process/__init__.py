"""What is process 1, which server runs, and how it stops."""
