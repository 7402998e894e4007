"""The project's own Dockerfile and compose file, row by row beside the plan."""
