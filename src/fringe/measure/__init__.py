"""Numbers per zone from geometry.

Public measures: `coverage` (ground under plots), `uncovered` (the ground itself), `overlaps` (plots over each other),
`lengths` (networks), `change` (two results compared), `service_area` (ground and people within reach of parks),
`nearest`, `within` and `reach` (distances straight and along roads). Beneath them: `doors` (what is checked first),
`counting` (which plots count), `cuts` (plots by zones), `borders` (lines by zones), `ellipsoid` (m² and m of the
ground), `served` and `network` (access), `flat` and `parallel` (arrays, threads).
"""
