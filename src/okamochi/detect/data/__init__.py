"""What the app keeps: tables and what makes them, first rows, folders that it writes."""
