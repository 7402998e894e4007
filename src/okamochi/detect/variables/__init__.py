"""The environment variables that the code reads, and what the project says of them."""
