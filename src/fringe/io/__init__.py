"""Files to frames and back. The only place that opens files."""
