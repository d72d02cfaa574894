"""What a meeting sees: maps and tables composed from measures."""
