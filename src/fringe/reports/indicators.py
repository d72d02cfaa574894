"""The indicators a planner can ask for by name, each with its formula in words, its inputs and its source.

The registry is data: `indicators.csv` holds unit, direction, inputs and the rules an indicator goes by, the word tables
its names and formulas in both languages. An *input* is a layer, or a layer and its column, that must be there for the
figure to mean something. *Direction* says whether more is better; it judges nothing where that depends on the place.

Figures are those of the measures, on the zones' index: nothing is computed here but quotients.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, cached_property
from importlib import resources
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from fringe.errors import FringeWarning, LayerError, LedgerError
from fringe.measure.access import nearest
from fringe.measure.corridor_cover import corridor_coverage
from fringe.measure.coverage import coverage
from fringe.measure.lengths import lengths
from fringe.measure.service import GREEN_CLASS, LAND_CLASS, PARK_CLASS, POPULATION, parks_of, service_area
from fringe.measure.zonal import zonal
from fringe.model import words
from fringe.model.land import is_cropland
from fringe.model.problem import Problem, refuse
from fringe.model.rules import citation, rule_value, rules
from fringe.model.units import M2_PER_KM2
from fringe.works.progress import progress

# The raster that green cover is read from.
RASTER = "vegetation"
# The width of line-side belts whose green is measured.
CORRIDOR_RULE = "ZZ-11-4"
# Ways for walking and cycling are no roads of a road network; service roads and tracks are no public ones.
WAYS = ("pedestrian", "footway", "cycleway", "path", "steps")
BESIDE = ("service", "track")
# What road surveys and OpenStreetMap call surfaces.
HARD = frozenset(
    {
        "concrete",
        "asphalt",
        "paved",
        "paving_stones",
        "sett",
        "cobblestone",
        "bricks",
        "brick",
        "concrete:plates",
        "concrete:lanes",
        "metal",
        "chipseal",
        "水泥",
        "混凝土",
        "水泥路",
        "水泥混凝土",
        "沥青",
        "沥青路",
        "沥青混凝土",
        "柏油",
        "砖",
        "砖铺",
        "石板",
        "硬化",
    }
)
SOFT = frozenset(
    {
        "unpaved",
        "gravel",
        "fine_gravel",
        "compacted",
        "dirt",
        "earth",
        "ground",
        "grass",
        "mud",
        "sand",
        "pebblestone",
        "wood",
        "woodchips",
        "grass_paver",
        "土",
        "土路",
        "泥土",
        "泥路",
        "砂石",
        "砂石路",
        "碎石",
        "石子路",
        "未硬化",
    }
)
_SEVERAL, _DOT = ";", "."


def indicators(lang: str | None = None) -> pd.DataFrame:
    """Return the indicators that `Study.indicators` computes.

    Parameters
    ----------
    lang
        ``"zh"`` or ``"en"``, of names, formulas and sources.

    Returns
    -------
    indicators
        Indexed by `indicator`; columns `title`, `formula`, `unit`, `direction`, `inputs` (layers, and columns as
        ``layer.column``), `rules` (ids, see `fringe.rules`), `certainty` of these rules, and `citation`: all of it as a
        report prints it. A new table at each call.

    Examples
    --------
    >>> from fringe.reports.indicators import indicators
    >>> indicators("en").loc["road_density", ["title", "unit", "direction"]].tolist()
    ['Road network density', 'km/km²', 'more is better']
    >>> print(indicators("zh").loc["population_density", "citation"])
    人口密度＝片区人口 ÷ 片区面积。依据：本库约定
    """
    table = _registry()
    listed = pd.DataFrame(index=table.index)
    listed["title"] = [words.label(name, lang) for name in table.index]
    listed["formula"] = [_formula(name, lang) for name in table.index]
    listed["unit"] = [words.value("unit", unit, lang) for unit in table["unit"]]
    listed["direction"] = [words.value("direction", way, lang) for way in table["direction"]]
    listed["inputs"], listed["rules"] = table["inputs"], table["rules"]
    certainty = rules()["certainty"]
    listed["certainty"] = [_SEVERAL.join(dict.fromkeys(certainty[_parts(ids)])) for ids in table["rules"]]
    listed["citation"] = [cited(name, lang) for name in table.index]
    return listed


def registered() -> tuple[str, ...]:
    """Return the names of all indicators, in the order of the registry."""
    return tuple(_registry().index)


def cited(name: str, lang: str | None = None) -> str:
    """Return an indicator's name, formula and source as a report prints them.

    Examples
    --------
    >>> print(cited("water_share", "en"))
    Water share = water in the zone, ground counted once, over the area of the zone. Source: library convention
    """
    ids = _parts(str(_registry().loc[name, "rules"]))
    sources = [citation(rule, lang) for rule in ids] or [words.value("source", "library convention", lang)]
    source = words.text("phrase.rule_sources", lang).join(sources)
    return words.text(
        "phrase.indicator_cited", lang, title=words.label(name, lang), formula=_formula(name, lang), source=source
    )


def zone_indicators(
    layers: Mapping[str, Any],
    names: Iterable[str] | None = None,
    *,
    on: pd.Timestamp | None = None,
    plots_on: pd.Timestamp | None = None,
) -> pd.DataFrame:
    """Return indicators of the zones of a study.

    Parameters
    ----------
    layers
        By kind, in one metric coordinate system; `zones` must be among them. ``"vegetation"`` is the path of a raster
        of vegetation cover, the share of each cell under plants.
    names
        Indicators, see `indicators`; `None`: all that the layers allow, the rest is left out with a warning.
    on
        The day of the works' progress.
    plots_on
        The day plots are counted on; `None`: by their status as it stands.

    Returns
    -------
    table
        On the zones' index, in its order; a column for each name, in the order asked for. Missing where the denominator
        is nothing, such as residential land in a zone without any.

    Raises
    ------
    LayerError
        For unknown names, with close ones, and for each indicator that lacks a layer, its rows or a column.

    Examples
    --------
    Half of a zone of one hectare is planted, and 200 m of road lead through it.

    >>> import geopandas as gpd
    >>> from shapely import LineString, box
    >>> zones = gpd.GeoDataFrame(index=["a"], geometry=[box(5e5, 0, 500_100, 100)], crs="EPSG:4548")
    >>> plots = gpd.GeoDataFrame({"status": ["kept"]}, index=["P1"],
    ...     geometry=[box(5e5, 0, 500_050, 100)], crs=zones.crs)
    >>> zone_indicators({"zones": zones, "plots": plots}, ["green_land_ratio"])
       green_land_ratio
    a               0.5
    """
    every = list(_registry().index)
    wanted = every if names is None else [names] if isinstance(names, str) else list(names)
    unknown = [name for name in wanted if name not in every]
    lacking = {name: _lacking(name, layers, on) for name in wanted if name in every}
    lacking = {name: missing for name, missing in lacking.items() if missing}
    if names is None:
        wanted = [name for name in wanted if name not in lacking]
        if lacking:
            said = Problem("indicator_left_out", "zones", (), "warning", {"value": ", ".join(lacking)})
            warnings.warn(said.render(), FringeWarning, stacklevel=3)
    elif unknown or lacking:
        raise LayerError([*map(_unknown, unknown), *(_without(*item) for item in lacking.items())])
    sources = _Sources(layers, on, plots_on)
    columns = {}
    for name in wanted:
        try:
            columns[name] = _MEASURES[name](sources)
        except LedgerError as error:
            # Asked for all, a ledger whose units do not add up keeps nobody from the rest.
            if names is not None:
                raise
            said = Problem("progress_left_out", "tasks", (), "warning", {"reason": error.render()})
            warnings.warn(said.render(), FringeWarning, stacklevel=3)
    return pd.DataFrame(columns, index=layers["zones"].index)


@cache
def _registry() -> pd.DataFrame:
    file = resources.files("fringe.reports") / "indicators.csv"
    with file.open("r", encoding="utf-8") as text:
        return pd.read_csv(text, dtype=str, keep_default_na=False, index_col="indicator")


def _parts(cell: str) -> list[str]:
    return [part for part in cell.split(_SEVERAL) if part]


def _formula(name: str, lang: str | None) -> str:
    return words.text(f"formula.{name}", lang, width=f"{rule_value(CORRIDOR_RULE):g}")


def _unknown(name: str) -> Problem:
    every = [str(known) for known in _registry().index]
    hint = "".join(get_close_matches(str(name), every, n=1))
    return Problem("indicator_unknown", "zones", params={"value": name, "allowed": ", ".join(every), "hint": hint})


def _without(name: str, missing: list[str]) -> Problem:
    return Problem("indicator_input_missing", "zones", params={"value": name, "missing": ", ".join(missing)})


def _holds(layer: pd.DataFrame, kind: str, column: str) -> bool:
    """Return whether a layer has rows, where it must, and a value in a column, if one is named."""
    if column:
        return column in layer.columns and bool(layer[column].notna().any())
    return len(layer) > 0 or kind == "reports"


def _lacking(name: str, layers: Mapping[str, Any], on: pd.Timestamp | None) -> list[str]:
    """Return the inputs of an indicator that are not there; progress needs a day, which a log without rows lacks."""
    missing = []
    for needed in _parts(str(_registry().loc[name, "inputs"])):
        kind, _, column = needed.partition(_DOT)
        layer = layers.get(kind)
        if layer is None or not (kind == RASTER or _holds(layer, kind, column)):
            missing.append(needed)
    return [*missing, "on"] if name == "progress_share" and on is None else missing


@dataclass(frozen=True)
class _Sources:
    """The layers, and measures that several indicators read, taken once."""

    layers: Mapping[str, Any]
    on: pd.Timestamp | None
    plots_on: pd.Timestamp | None

    @property
    def zones(self) -> gpd.GeoDataFrame:
        """The zones alone, so that none of their columns is taken for another."""
        zones = self.layers["zones"]
        return gpd.GeoDataFrame(geometry=zones.geometry, index=zones.index)

    @cached_property
    def zone_m2(self) -> pd.Series[float]:
        """Areas of the zones."""
        return coverage(gpd.GeoDataFrame(geometry=[], crs=self.zones.crs), self.zones)["zone_m2"]

    @cached_property
    def people(self) -> pd.Series[float]:
        """People of the zones; nobody is not known, rather than a divisor."""
        people = pd.to_numeric(self.layers["zones"][POPULATION], errors="coerce").astype(float)
        known: pd.Series[float] = people.where(people > 0)
        return known

    def share(self, layer: gpd.GeoDataFrame) -> pd.Series[float]:
        """Return the share of each zone under a layer."""
        bare = gpd.GeoDataFrame(geometry=layer.geometry, index=layer.index)
        return coverage(bare, self.zones)["covered_share"]

    @cached_property
    def served(self) -> pd.DataFrame:
        """Service areas of the parks, on whatever denominators there are."""
        land, villages = self.layers.get("land"), self.layers.get("villages")
        if villages is not None and POPULATION not in villages.columns:
            villages = None
        return service_area(self.layers["plots"], self.zones, land=land, residents=villages, on=self.plots_on)


def _green_land(given: _Sources) -> pd.Series[float]:
    return coverage(given.layers["plots"], given.zones, on=given.plots_on)["covered_share"]


def _green_cover(given: _Sources) -> pd.Series[float]:
    table = zonal(given.layers[RASTER], given.zones, stats=("mean", "min", "max"))
    least, most = table["min"].min(), table["max"].max()
    if least < 0 or most > 1:
        params = {"least": f"{least:g}", "most": f"{most:g}"}
        raise LayerError(Problem("vegetation_not_share", RASTER, params=params))
    return table["mean"]


def _park_green(given: _Sources) -> pd.Series[float]:
    plots = given.layers["plots"]
    parks = plots[plots[GREEN_CLASS].astype(str).str.startswith(PARK_CLASS).to_numpy(dtype=bool)]
    return coverage(parks, given.zones, on=given.plots_on if len(parks) else None)["covered_m2"] / given.people


def _service(given: _Sources) -> pd.Series[float]:
    return given.served["served_land_share"]


def _service_people(given: _Sources) -> pd.Series[float]:
    return given.served["served_population_share"]


def _park_distance(given: _Sources) -> pd.Series[float]:
    villages = given.layers["villages"]
    villages = villages[pd.to_numeric(villages[POPULATION], errors="coerce").to_numpy(dtype=float) > 0]
    parks = parks_of(given.layers["plots"], given.plots_on)
    if not len(villages) or not len(parks):
        return pd.Series(np.nan, given.zones.index)
    away = nearest(villages, parks)["distance_m"].to_numpy()
    people = villages[POPULATION].astype(float).to_numpy()
    # An area is where its middle is, so that every village is in one place.
    spots = villages.geometry.representative_point().array
    zone_at, village_at = gpd.GeoSeries(spots, crs=villages.crs).sindex.query(given.zones.geometry, "intersects")
    n = len(given.zones)
    weight = np.bincount(zone_at, people[village_at], n)
    metres = np.bincount(zone_at, people[village_at] * away[village_at], n)
    mean = np.full(n, np.nan)
    np.divide(metres, weight, out=mean, where=weight > 0)
    return pd.Series(mean, given.zones.index)


def _corridor(given: _Sources) -> pd.Series[float]:
    width = rule_value(CORRIDOR_RULE)
    rail, plots = given.layers["rail"], given.layers["plots"]
    return corridor_coverage(rail, plots, given.zones, width_m=width, on=given.plots_on)["green_share"]


def _corridor_plantable(given: _Sources) -> pd.Series[float]:
    layers = given.layers
    exclude = {kind: layers[kind] for kind in ("roads", "water", "buildings") if len(layers.get(kind, ()))}
    if len(layers.get("land", ())):
        exclude["cropland"] = layers["land"]
    width, plots = rule_value(CORRIDOR_RULE), layers["plots"]
    table = corridor_coverage(
        layers["rail"], plots, given.zones, width_m=width, exclude=exclude or None, on=given.plots_on
    )
    return table["green_of_plantable_share"]


def _road_density(given: _Sources) -> pd.Series[float]:
    roads = given.layers["roads"]
    roads = roads[~roads["road_class"].isin([*WAYS, *BESIDE])]
    dual = "half" if "dual" in roads.columns else "full"
    return lengths(roads, given.zones, dual=dual)["density_km_per_km2"]


def _hardening(given: _Sources) -> pd.Series[float]:
    roads = given.layers["roads"]
    roads = roads[~roads["road_class"].isin(WAYS)]
    surface = roads["surface"].astype(str).str.strip().str.lower()
    known = surface.isin(HARD | SOFT).to_numpy(dtype=bool)
    if not known.all():
        odd = ", ".join(dict.fromkeys(roads["surface"][~known].dropna().astype(str))) or "–"
        refuse([Problem("surface_unknown", "roads", tuple(roads.index[~known]), "warning", {"value": odd})])
    hard = lengths(roads[surface.isin(HARD).to_numpy(dtype=bool)], given.zones)["length_m"]
    every = lengths(roads[known], given.zones)["length_m"]
    return hard / every.where(every > 0)


def _cropland(given: _Sources) -> pd.Series[float]:
    land = given.layers["land"]
    return given.share(land[is_cropland(land[LAND_CLASS])])


def _progress(given: _Sources) -> pd.Series[float]:
    layers = given.layers
    zones = layers["zones"]
    table = progress(layers["tasks"], layers["reports"], on=given.on, by=zones.index.name or "zone", zones=zones)
    return table["progress_share"].reindex(zones.index)


_MEASURES: Mapping[str, Callable[[_Sources], pd.Series]] = {
    "green_land_ratio": _green_land,
    "green_cover_ratio": _green_cover,
    "park_green_per_capita": _park_green,
    "service_coverage": _service,
    "service_coverage_population": _service_people,
    "park_distance_m": _park_distance,
    "corridor_green_share": _corridor,
    "corridor_plantable_green_share": _corridor_plantable,
    "road_density": _road_density,
    "hardening_rate": _hardening,
    "building_share": lambda given: given.share(given.layers["buildings"]),
    "water_share": lambda given: given.share(given.layers["water"]),
    "cropland_share": _cropland,
    "population_density": lambda given: given.people / given.zone_m2 * M2_PER_KM2,
    "progress_share": _progress,
}
