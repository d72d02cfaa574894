"""What things are: words, units, layers and their contracts, coordinate systems, datums, states and rules."""
