"""What every test shares: no network, no language of the machine, a small district that can be checked on paper."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import geopandas as gpd
import pytest
from shapely import box

CRS = "EPSG:4547"


@pytest.fixture(autouse=True)
def _no_network(monkeypatch):
    """Sockets to anywhere but this machine fail; a browser on pipes and local sockets still works."""
    connect = socket.socket.connect

    def guarded(self, address):
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in {"127.0.0.1", "::1", "localhost"}:
            raise AssertionError(f"a test tried to reach {address}")
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(autouse=True)
def _english(monkeypatch):
    """Texts are English unless a test asks for Chinese."""
    monkeypatch.setenv("FRINGE_LANG", "en")


@pytest.fixture
def grid():
    """Four zones of one hectare, two by two, in two townships."""
    x, y = 500_000, 3_840_000
    corners = {"NW": (0, 100), "NE": (100, 100), "SW": (0, 0), "SE": (100, 0)}
    return gpd.GeoDataFrame(
        {"name": list(corners), "township": ["north", "north", "south", "south"]},
        index=list(corners),
        geometry=[box(x + dx, y + dy, x + dx + 100, y + dy + 100) for dx, dy in corners.values()],
        crs=CRS,
    ).rename_axis("zone")


@pytest.fixture(scope="session")
def data_folder():
    """Real open data, where the environment names it."""
    named = os.environ.get("FRINGE_DATA")
    if not named:
        pytest.skip("FRINGE_DATA names no data folder")
    return Path(named)


@pytest.fixture(scope="session")
def sample():
    """The sample's study.toml."""
    return Path(__file__).parents[1] / "sample_data" / "guancheng" / "study.toml"
