"""Floor 2: the OCI library; digests, descriptors, layers, images, layouts and archives."""
