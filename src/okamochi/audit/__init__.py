"""Audits what a project says about its containers: rules over all of its files together. Nothing is run."""
