"""The public names, pinned; each documented; importing is silent and loads nothing heavy."""

from __future__ import annotations

import inspect
import subprocess
import sys

import fringe as fr

PUBLIC = [
    "Map",
    "Study",
    "ahp_weights",
    "allowed_height",
    "chainage",
    "change",
    "check",
    "check_levels",
    "check_planting",
    "closure",
    "composite",
    "corridor",
    "corridor_coverage",
    "corridor_gaps",
    "coverage",
    "detect_datum",
    "earned_schedule",
    "entropy_weights",
    "errors",
    "fall_reach",
    "findings_flow",
    "findings_state",
    "forecast",
    "from_wgs84",
    "hot_spots",
    "imbalance",
    "implausible",
    "indicators",
    "ledger_template",
    "lengths",
    "match_names",
    "metric_crs",
    "nearest",
    "overlaps",
    "progress",
    "protection_zone",
    "rank",
    "reach",
    "read_assessment",
    "read_checklist",
    "read_export",
    "read_findings",
    "read_layer",
    "read_ledger",
    "read_osm",
    "read_photos",
    "read_ratings",
    "read_scheme",
    "roll_up",
    "route",
    "rules",
    "s_curve",
    "sample",
    "score_checklist",
    "service_area",
    "survival",
    "task_state",
    "to_metric",
    "to_wgs84",
    "uncovered",
    "within",
    "write_layer",
    "zonal",
    "write_ledger",
]


def test_public_names_are_these():
    assert sorted(fr.__all__) == sorted(PUBLIC)


def test_public_names_are_documented_with_an_example():
    for name in PUBLIC:
        item = getattr(fr, name)
        assert inspect.getdoc(item), name
        if inspect.isfunction(item):
            assert ">>>" in inspect.getdoc(item), name


def test_import_prints_nothing_and_leaves_heavy_packages_alone():
    heavy = ["folium", "branca", "rasterio", "osmium", "openpyxl", "scipy", "numba", "matplotlib", "typer"]
    code = f"import sys, fringe; print([name for name in {heavy!r} if name in sys.modules])"
    run = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
    assert run.stderr == ""


def test_every_error_is_a_value_error():
    kinds = [item for item in vars(fr.errors).values() if inspect.isclass(item) and issubclass(item, Exception)]
    assert all(issubclass(kind, ValueError) for kind in kinds if not issubclass(kind, Warning))
