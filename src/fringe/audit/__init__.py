"""Is it true? Layers held against one another."""
