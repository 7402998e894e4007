"""The Python that the code asks for."""
