"""Railway safety protection zones: the ground beside a line that the law protects.

By article 27 of the 铁路安全管理条例 the zone reaches, by rail class and setting, 8 m to 20 m outward from the *base
line*: the toe of the embankment, the top edge of the cutting, or the outer side of the bridge; never from a track's
centre line. A *setting* is one of ``urban``, ``suburban_residential``, ``village_residential``, ``other``. Where a
government has declared the zone by chainage, that holds. Where no base line is known it is estimated, and the zone is
*approximate*.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from fringe.measure.chainage import stretch_label
from fringe.measure.corridor_cells import Cells, cells_of
from fringe.measure.corridor_door import SIDE_NAMES, STRUCTURES, Admitted, admit_corridors
from fringe.measure.corridor_steps import Network
from fringe.measure.cuts import cut, unite
from fringe.measure.declared import (
    SETTINGS,
    Declared,
    beyond,
    read_declared,
    setting_problems,
    setting_word,
)
from fringe.measure.doors import column_problems, shapes_of
from fringe.measure.flat import Bools, Floats, Geometries, Ints
from fringe.measure.protection_base import footprint, picked, zones_from
from fringe.model.layers import LINE, POLYGON
from fringe.model.problem import Problem, refuse
from fringe.model.rules import rule_value, rules

# Settings and base lines are looked at in steps of this length.
_STEP_M = 10.0
_DECLARED = "declared"
_COLUMNS = [
    "line", "side", "part", "rail_class", "setting", "distance_m", "rule", "approximate", "km_from", "km_to",
    "label",
]  # fmt: skip


def protection_zone(
    rail: gpd.GeoDataFrame,
    *,
    setting: str | gpd.GeoDataFrame | None = None,
    declared: pd.DataFrame | None = None,
    base: gpd.GeoDataFrame | None = None,
    planar: bool = False,
) -> gpd.GeoDataFrame:
    """Return the safety protection zones of railways.

    Parameters
    ----------
    rail
        Tracks with `rail_class`, in a conformal metric CRS; see `corridor`. All classes but ``high_speed`` have the
        distances of other railways.
    setting
        What the line runs through: ``"urban"``, ``"suburban_residential"``, ``"village_residential"`` or ``"other"``
        (城市市区, 城市郊区居民居住区, 村镇居民居住区, 其他地区) for all of it; or polygons with a column `setting`,
        outside which it is ``other``. `None`: ``other``, which has the widest zone, with a warning.
    declared
        The notice that declares the zone: columns `line`, `km_from`, `km_to` (km, or labels such as ``DK127+474``),
        `side` (左, 右, 两侧, or ``left``, ``right``, ``both``), `distance_m`, and if known `setting`. Elsewhere the
        law's own distances hold.
    base
        The base line: lines along the toe of the embankment, the top of the cutting or the side of the bridge, or
        polygons of what lies within. Where there is none within 60 m (rule ``LIB-BASE-REACH``) it is estimated as 6.8 m
        outside the outermost track, on bridges 6.3 m (rules ``LIB-HALF-FORMATION``, ``LIB-HALF-DECK``). That takes no
        embankment for high: the zone is then wider in truth.
    planar
        Whether widths are those of the plane instead of true.

    Returns
    -------
    zones
        A row for each stretch of one side with the same distance, along the chainage: `line`, `side`, `part`,
        `rail_class`, `setting`, `distance_m` (from the base line), `rule` (its id, or ``declared``), `approximate`
        (whether the base line is estimated), `km_from`, `km_to`, `label`, and the geometry: from the outermost track
        outward, so that it holds the railway's own ground beside it.

    Raises
    ------
    LayerError
        If there are no tracks or no rail class; for an unknown setting; for a notice with overlapping or reversed
        stretches, an unknown line, side or chainage.
    CRSError
        As `corridor`.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import LineString, box
    >>> from fringe.measure.protection import protection_zone
    >>> rail = gpd.GeoDataFrame(
    ...     {"line": ["East Line"], "rail_class": ["high_speed"], "km_start": [12.0]},
    ...     geometry=[LineString([(500_000, 3_840_000), (501_000, 3_840_000)])],
    ...     crs="EPSG:32650",
    ... )
    >>> bank = gpd.GeoDataFrame(geometry=[box(500_000, 3_839_990, 501_000, 3_840_010)], crs=rail.crs)
    >>> zones = protection_zone(rail, setting="village_residential", base=bank, planar=True)
    >>> zones[["side", "distance_m", "rule", "approximate"]]
           side  distance_m         rule  approximate
    zone
    0      left        15.0  RAIL-27-V-H        False
    1     right        15.0  RAIL-27-V-H        False
    >>> zones.area.tolist()  # 10 m of embankment and 15 m beyond its toe
    [25000.0, 25000.0]
    """
    wrong = _setting_argument(setting)
    layers = {}
    if isinstance(setting, gpd.GeoDataFrame):
        layers["setting"] = setting
    if base is not None:
        layers["base"] = base
    if isinstance(rail, pd.DataFrame):
        wrong += column_problems(rail, "rail", "rail_class")
    bridges = STRUCTURES["bridge"] if "structure" in getattr(rail, "columns", ()) else ()
    fit = admit_corridors(
        rail,
        layers,
        step_m=_STEP_M,
        without=("bridge",) if bridges else (),
        planar=planar,
        wrong=wrong,
        kinds={"base": (*POLYGON, *LINE)},
    )
    notice, said = _notice(declared, fit.network)
    network = fit.network.recut(_breaks(fit.network, notice, fit.layers.get("setting")), fit.ground)
    steps = _steps(network, notice, setting, fit)
    said += steps.problems
    zones = _zones(network, steps, fit)
    if zones["approximate"].any():
        lines = ", ".join(dict.fromkeys(str(line) for line in zones.loc[zones["approximate"], "line"]))
        said.append(Problem("base_estimated", "rail", severity="warning", params={"value": lines}))
    refuse(said)
    return gpd.GeoDataFrame(zones, geometry="geometry", crs=rail.crs)


def _setting_argument(setting: object) -> list[Problem]:
    if isinstance(setting, gpd.GeoDataFrame):
        found = column_problems(setting, "setting", "setting")
        return found or setting_problems(setting["setting"], "setting")
    if setting is None or (isinstance(setting, str) and setting_word(setting) is not None):
        return []
    hint = "".join(get_close_matches(str(setting), SETTINGS, n=1))
    params = {"name": "setting", "value": setting, "allowed": ", ".join(SETTINGS), "hint": hint}
    return [Problem("argument_unknown", "rail", params=params)]


def _notice(declared: pd.DataFrame | None, network: Network) -> tuple[Declared | None, list[Problem]]:
    if declared is None:
        return None, []
    notice, problems = read_declared(declared, tuple(axis.line for axis in network.axes))
    for line in dict.fromkeys(notice.line):
        km = [axis.chainage.km_of(np.array([0.0, axis.length_m])) for axis in network.axes if axis.line == line]
        problems += beyond(notice, line, (float(min(some[0] for some in km)), float(max(some[1] for some in km))))
    return notice, problems


def _breaks(network: Network, notice: Declared | None, settings: gpd.GeoDataFrame | None) -> list[Floats]:
    """Return where the distance may change: at the ends of declared stretches, and where settings end on the axis."""
    borders = None if settings is None else shapely.union_all(shapely.boundary(shapes_of(settings)))
    found = []
    for axis in network.axes:
        positions = [np.array([], dtype=np.float64)]
        if notice is not None:
            rows = notice.rows_of(axis.line)
            positions += [axis.chainage.position_of(values[rows]) for values in (notice.km_from, notice.km_to)]
        if borders is not None:
            line = shapely.linestrings(axis.run.xy)
            at = shapely.line_locate_point(
                line, shapely.points(shapely.get_coordinates(shapely.intersection(line, borders)))
            )
            plane = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(axis.run.xy, axis=0).T))])
            positions.append(np.interp(np.atleast_1d(at), plane, axis.run.position_m))
        found.append(np.concatenate(positions))
    return found


@dataclass(frozen=True)
class _Steps:
    """What holds at each step and side, and the ground that is looked at there.

    Parameters
    ----------
    cells
        The ground between the outermost track and as far as any zone can reach.
    bridge
        Whether the step lies on a bridge.
    setting, rule, distance_m
        What holds there.
    problems
        Warnings.
    """

    cells: Cells
    bridge: Bools
    setting: list[str]
    rule: list[str]
    distance_m: Floats
    problems: list[Problem]


def _steps(network: Network, notice: Declared | None, setting: str | gpd.GeoDataFrame | None, fit: Admitted) -> _Steps:
    widest = rules().query("quantity == 'protection_distance'")["value"].max()
    reach = rule_value("LIB-HALF-FORMATION") + widest
    both = [cells_of(network, 0.0, reach, left_out=out) for out in (False, True)]
    cells = Cells(*(np.concatenate([getattr(some, name) for some in both]) for name in _CELL_FIELDS))
    bridge = np.repeat([False, True], [len(some) for some in both])
    problems: list[Problem] = []
    if isinstance(setting, gpd.GeoDataFrame):
        names, problems = _settings_at(cells.shapes, fit.layers["setting"])
    else:
        names = [str(setting_word(setting)) if setting is not None else "other"] * len(cells)
    rule, distance = _statutory(network, cells, names)
    told = _declared_at(network, cells, notice)
    if setting is None and (told < 0).any():
        problems.append(Problem("setting_untold", "rail", severity="warning"))
    for at in np.flatnonzero(told >= 0).tolist():
        assert notice is not None  # noqa: S101 - rows are told by a notice; this tells the type checker
        rule[at], distance[at] = _DECLARED, notice.distance_m[told[at]]
        names[at] = notice.setting[told[at]] or names[at]
    return _Steps(cells, bridge, names, rule, distance, problems)


_CELL_FIELDS = ("axis_at", "step", "side", "shapes", "length_m")


def _settings_at(shapes: Geometries, settings: gpd.GeoDataFrame) -> tuple[list[str], list[Problem]]:
    """Return the setting that holds most of each piece of ground; outside all of them it is ``other``."""
    words = [None if pd.isna(item) else setting_word(item) for item in settings["setting"]]
    empty = tuple(row for row, word in zip(settings.index, words, strict=True) if word is None)
    problems = [Problem("setting_empty", "setting", empty, "warning")] if empty else []
    place = np.array([SETTINGS.index(word or "other") for word in words], dtype=np.int64)
    cuts = cut(shapes_of(settings), shapes)
    # Ground under two settings counts for both; the first of the law's order wins a tie.
    held = np.zeros((len(shapes), len(SETTINGS)))
    np.add.at(held, (cuts.plot_at, place[cuts.zone_at]), cuts.area_m2)
    other = SETTINGS.index("other")
    outside = shapely.area(shapes) - np.delete(held, other, axis=1).sum(axis=1)
    held[:, other] = np.maximum(held[:, other], outside * (1 - _ROUNDING))
    return [SETTINGS[int(at)] for at in held.argmax(axis=1)], problems


_ROUNDING = 1e-9


def _statutory(network: Network, cells: Cells, settings: Sequence[str]) -> tuple[list[str], Floats]:
    table = rules().query("quantity == 'protection_distance'")
    known = {(row["class"], row["setting"]): (str(rule), float(row["value"])) for rule, row in table.iterrows()}
    classes = ["high_speed" if axis.rail_class == "high_speed" else "conventional" for axis in network.axes]
    found = [known[classes[int(at)], word] for at, word in zip(cells.axis_at, settings, strict=True)]
    return [rule for rule, _ in found], np.array([distance for _, distance in found], dtype=np.float64)


def _declared_at(network: Network, cells: Cells, notice: Declared | None) -> Ints:
    """Return the row of the notice that holds at each step, -1 where none does."""
    told = np.full(len(cells), -1)
    if notice is None:
        return told
    for at, axis in enumerate(network.axes):
        own = np.flatnonzero(cells.axis_at == at)
        breaks = network.breaks[at]
        km = axis.chainage.km_of((breaks[cells.step[own]] + breaks[cells.step[own] + 1]) / 2)
        for row in notice.rows_of(axis.line).tolist():
            inside = (km > notice.km_from[row]) & (km < notice.km_to[row]) & (cells.side[own] == notice.side[row])
            told[own[inside]] = row
    return told


def _zones(network: Network, steps: _Steps, fit: Admitted) -> pd.DataFrame:
    """Return the zones: stretches of steps of one side that have everything in common."""
    cells = steps.cells
    half = np.where(steps.bridge, rule_value("LIB-HALF-DECK"), rule_value("LIB-HALF-FORMATION"))
    shapes = np.full(len(cells), shapely.Polygon(), dtype=object)
    measured = np.zeros(len(cells), dtype=bool)
    if "base" in fit.layers and len(fit.layers["base"]):
        within = footprint(fit.layers["base"], network, fit.ground)
        measured, shapes = zones_from(within, network, cells, steps.bridge, steps.distance_m, fit.ground)
    for out in (False, True):
        for distance in np.unique((half + steps.distance_m)[~measured & (steps.bridge == out)]):
            wanted = np.flatnonzero(~measured & (steps.bridge == out) & (half + steps.distance_m == distance))
            shapes[wanted] = picked(cells_of(network, 0.0, float(distance), left_out=out), cells, wanted)
    order = np.lexsort((cells.step, -cells.side, cells.axis_at))
    label = pd.DataFrame(
        {
            "axis": cells.axis_at,
            "side": cells.side,
            "setting": steps.setting,
            "distance_m": steps.distance_m,
            "rule": steps.rule,
            "approximate": ~measured,
        }
    ).iloc[order]
    step = cells.step[order]
    # Two cells of one step, on a bridge and off it, follow each other too.
    follows = np.diff(step, prepend=-9) <= 1
    same = follows & label.eq(label.shift()).all(axis=1).to_numpy()
    run = np.cumsum(~same) - 1
    united = unite(shapes[order], run)[1]
    return _rows(network, label, step, run, united)


def _rows(network: Network, label: pd.DataFrame, step: Ints, run: Ints, shapes: Geometries) -> pd.DataFrame:
    heads = np.flatnonzero(np.diff(run, prepend=-1))
    tails = np.append(heads[1:], len(run)) - 1
    rows = []
    for head, tail in zip(heads.tolist(), tails.tolist(), strict=True):
        known = label.iloc[head]
        axis, breaks = network.axes[int(known["axis"])], network.breaks[int(known["axis"])]
        km = axis.chainage.km_of(np.array([breaks[step[head]], breaks[step[tail] + 1]]))
        ends = (float(km[0]), float(km[1]))
        rows.append(
            (
                axis.line,
                SIDE_NAMES[int(known["side"])],
                network.parts[int(known["axis"])],
                axis.rail_class,
                *known[["setting", "distance_m", "rule", "approximate"]],
                *ends,
                stretch_label(*ends),
            )
        )
    table = pd.DataFrame(rows, columns=_COLUMNS, index=pd.RangeIndex(len(rows), name="zone"))
    return table.assign(geometry=gpd.GeoSeries(list(shapes), index=table.index, dtype="geometry"))
