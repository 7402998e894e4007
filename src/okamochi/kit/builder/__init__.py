"""Programs of a rendered Dockerfile's builder stage; `compile_sources.py` also runs in okamochi's own builds.

They are copied and run as they stand, never imported: standard library only, Python 3.9 and later.
"""
