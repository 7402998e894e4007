"""What the files of containers mean: Dockerfiles, YAML with its lines, command lines. Nothing is run."""
