"""Compiled loops over edges. They need numba; only `fringe.measure.native` calls them, where they are worth it."""
