"""A client of registries by the OCI distribution-spec: pull, push, referrers."""
