"""Villages, roads, rail corridors and greening plots of the urban-rural fringe: coverage, progress and meeting maps."""
