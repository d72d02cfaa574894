"""Saving maps of either making: those of fringe, and Folium's own, as pages that need no network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from fringe.errors import MapError
from fringe.maps.map import Map
from fringe.model.problem import Problem

if TYPE_CHECKING:
    import folium


def save(made: Map | folium.Map, path: str | Path) -> Path:
    """Write a map as one page that needs no network, and return the path.

    Folium's elements and plugins may have been added to it. Every file of theirs that is part of fringe is put inside:
    Leaflet, jQuery, clusters of markers.

    Parameters
    ----------
    made
        A `Map`; what `Map.to_folium` returns; or a map of Folium's own without tiles.
    path
        Of the page.

    Raises
    ------
    MapError
        If it is no map, an element needs a file that is not part of fringe (all of them, by name; no file is written),
        or the file cannot be written.

    Examples
    --------
    >>> import folium, tempfile
    >>> own = folium.Map(location=(34.7, 113.7), zoom_start=12, tiles=None)
    >>> _ = folium.Circle((34.7, 113.7), radius=500).add_to(own)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     "https://" in save(own, f"{folder}/own.html").read_text(encoding="utf-8").split("<script>", 1)[0]
    False
    """
    if isinstance(made, Map):
        return made.save(path)
    import folium
    from branca.element import Figure

    from fringe.maps.offline import page, write_page

    given: object = made
    figure = given.get_root() if isinstance(given, folium.Map) else None
    if not isinstance(figure, Figure):
        raise MapError(Problem("map_save_map", "map", params={"value": type(made).__name__}))
    return write_page(page(figure), Path(path))
