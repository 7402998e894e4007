"""What Kubernetes takes without a word, and what follows from it for a Python web app."""
