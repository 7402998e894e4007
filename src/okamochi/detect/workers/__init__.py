"""Processes beside the web one: workers, schedulers, and how one sees that they live."""
