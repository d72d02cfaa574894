"""Numbers per zone from geometry."""
