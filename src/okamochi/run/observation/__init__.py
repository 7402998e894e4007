"""Looks at a running container from inside and outside, and tries what it must withstand."""
