"""The Python that suits the code."""
