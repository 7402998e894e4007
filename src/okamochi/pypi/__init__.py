"""Floor 4: what requirement files, package indexes and wheels mean; uv resolves and fetches."""
