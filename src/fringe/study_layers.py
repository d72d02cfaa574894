"""What a study holds: its layers by name, in one metric coordinate system, and the words that go with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from fringe.io.manifest import RasterSource
from fringe.model import words
from fringe.model.contract import spec_of
from fringe.model.problem import Problem
from fringe.model.stored import countable


@dataclass(frozen=True, repr=False, eq=False)
class Layers:
    """The layers, words and problems of a study; see `fringe.Study`."""

    layers: Mapping[str, Any]
    meta: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    store: Path | None = None
    rasters: Mapping[str, RasterSource] = field(default_factory=dict)
    store_apart: bool = False

    @property
    def zones(self) -> gpd.GeoDataFrame:
        """The improvement zones."""
        return self._shapes("zones")

    @property
    def villages(self) -> gpd.GeoDataFrame:
        """The villages."""
        return self._shapes("villages")

    @property
    def roads(self) -> gpd.GeoDataFrame:
        """The roads."""
        return self._shapes("roads")

    @property
    def rail(self) -> gpd.GeoDataFrame:
        """The railway tracks."""
        return self._shapes("rail")

    @property
    def plots(self) -> gpd.GeoDataFrame:
        """The greening plots."""
        return self._shapes("plots")

    @property
    def land(self) -> gpd.GeoDataFrame:
        """The land use."""
        return self._shapes("land")

    @property
    def water(self) -> gpd.GeoDataFrame:
        """The water."""
        return self._shapes("water")

    @property
    def buildings(self) -> gpd.GeoDataFrame:
        """The buildings."""
        return self._shapes("buildings")

    @property
    def tasks(self) -> pd.DataFrame:
        """The tasks of the ledger."""
        return self._rows("tasks")

    @property
    def reports(self) -> pd.DataFrame:
        """The reports of the ledger."""
        return self._rows("reports")

    @property
    def findings(self) -> gpd.GeoDataFrame:
        """The findings of inspections."""
        return self._shapes("findings")

    @property
    def lang(self) -> words.Lang:
        """The language of its maps and tables: its own, else the environment's."""
        return words.resolve_lang(self.meta.get("lang"))

    @property
    def _counted(self) -> pd.DataFrame:
        """The reports that figures count; see `fringe.model.stored`."""
        return countable(self.tasks, self.reports, self.problems)

    def _shapes(self, kind: str) -> gpd.GeoDataFrame:
        layer: gpd.GeoDataFrame = self.layers[kind] if kind in self.layers else _empty(kind, self.meta.get("crs"))
        return layer

    def _rows(self, kind: str) -> pd.DataFrame:
        layer: pd.DataFrame = self.layers[kind] if kind in self.layers else _empty(kind, None)
        return layer


def _empty(kind: str, crs: str | None) -> Any:
    """Return a layer without rows, so that a study without rail still has `study.rail`."""
    spec = spec_of(kind)
    columns: dict[str, list[object]] = {column.name: [] for column in spec.columns}
    index = pd.Index([], name=spec.index, dtype=object)
    if not spec.geometry:
        return pd.DataFrame(columns, index=index)
    return gpd.GeoDataFrame(columns, index=index, geometry=[], crs=crs)
