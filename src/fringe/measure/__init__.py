"""Numbers per zone from geometry.

Public measures: `coverage` (ground under plots), `uncovered` (the ground itself), `overlaps` (plots over each other),
`lengths` (networks), `change` (two results compared). Beneath them: `doors` (what is checked first), `counting` (which
plots count), `cuts` (plots by zones), `borders` (lines by zones), `ellipsoid` (m² and m of the ground), `flat` and
`parallel` (arrays, threads).
"""
