"""Villages, roads, rail corridors and greening plots of the urban-rural fringe: coverage, progress and meeting maps.

>>> import fringe as fr
>>> study = fr.Study.open(fr.sample())
>>> page = study.map()
"""

from fringe import errors
from fringe.audit.entries import implausible
from fringe.io.assessment import read_assessment
from fringe.io.checklist import read_checklist, read_ratings
from fringe.io.excel import read_ledger
from fringe.io.excel_ledger import ledger_template, write_ledger
from fringe.io.field import read_findings
from fringe.io.log_csv import read_export
from fringe.io.osm import read_osm
from fringe.io.photos import read_photos
from fringe.io.scheme import read_scheme
from fringe.io.vector import read_layer, write_layer
from fringe.maps import Map
from fringe.measure.access import nearest, reach, within
from fringe.measure.bare import uncovered
from fringe.measure.change import change
from fringe.measure.corridor import corridor
from fringe.measure.corridor_cover import corridor_coverage
from fringe.measure.corridor_gaps import corridor_gaps
from fringe.measure.coverage import coverage
from fringe.measure.lengths import lengths
from fringe.measure.overlaps import overlaps
from fringe.measure.posts import chainage
from fringe.measure.protection import protection_zone
from fringe.measure.service import service_area
from fringe.measure.treefall import allowed_height, check_planting, fall_reach
from fringe.measure.zonal import zonal
from fringe.model.contract import check
from fringe.model.crs import metric_crs, to_metric
from fringe.model.datum import detect_datum, from_wgs84, to_wgs84
from fringe.model.names import match_names
from fringe.model.rules import rules
from fringe.reports.indicators import indicators
from fringe.sample import sample
from fringe.study import Study
from fringe.works.balance import imbalance
from fringe.works.checklist import score_checklist
from fringe.works.composite import composite
from fringe.works.composite_weights import ahp_weights, entropy_weights
from fringe.works.curve import s_curve
from fringe.works.earned import earned_schedule
from fringe.works.finding_flow import findings_flow
from fringe.works.findings import closure, findings_state
from fringe.works.forecast import forecast
from fringe.works.hotspots import hot_spots
from fringe.works.progress import progress
from fringe.works.ranking import rank
from fringe.works.rollup import check_levels, roll_up
from fringe.works.route import route
from fringe.works.standing import task_state
from fringe.works.survival import survival

__version__ = "0.1.0"

__all__ = [
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
    "write_ledger",
    "zonal",
]
