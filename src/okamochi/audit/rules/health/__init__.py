"""Health checks and probes: whether they can ever say yes, and what they say."""
