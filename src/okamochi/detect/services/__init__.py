"""Databases, queues and other services that the app connects to, from evidence."""
