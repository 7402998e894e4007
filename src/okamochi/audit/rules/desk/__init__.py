"""The desk: devcontainers, debuggers, mounts for developers."""
