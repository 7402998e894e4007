"""Floor 5: runs images on docker, podman or, with no engine at all, on the host itself."""
