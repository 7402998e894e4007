"""Requirements that are missing, too new or too old."""
