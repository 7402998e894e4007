"""Databases and what outlives containers: volumes, versions, addresses."""
