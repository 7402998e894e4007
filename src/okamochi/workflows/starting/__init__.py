"""From a built image to a running app: values, services, containers, what ran before."""
