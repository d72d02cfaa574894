"""The map as a Folium element: a `folium.Map` whose page needs no network, and the element that holds the data.

Rendering a Folium map changes it, gives it random ids and links a dozen files from the internet. Here rendering works
on a copy, ids are counted through the tree, and the page is put together by `fringe.maps.offline`.
"""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

import folium
from branca.element import Figure
from folium.template import Template

from fringe.errors import MapError
from fringe.maps import offline
from fringe.maps.document import to_json
from fringe.model import words
from fringe.model.problem import Problem

_MAX_ZOOM = 20
_FRAME_HEIGHT_PX = 620


class OfflineFigure(Figure):
    """A page that needs no network."""

    def render(self, **kwargs: Any) -> str:
        """Return the page; the tree stays as it was.

        Raises
        ------
        MapError
            If an element needs a file from the internet that is not part of fringe.
        """
        return offline.page(self, **kwargs)

    def save(self, outfile: Any, close_file: bool = True, **kwargs: Any) -> None:  # noqa: FBT001, FBT002 - branca's own
        """Write the page; what cannot be written leaves the file that is there as it was."""
        text = self.render(**kwargs)
        if isinstance(outfile, str | Path):
            offline.write_page(text, Path(outfile))
            return
        outfile.write(text.encode("utf-8"))
        if close_file:
            outfile.close()

    def _repr_html_(self, **_: Any) -> str:
        # Sandboxed: a notebook's page and its cookies are out of reach of whatever the map holds. Where a notebook is
        # not trusted, frames are taken out of it and what stands inside them stays: a sentence, not a gap. Within
        # single quotes the page's own double ones, of which there are most, need no escaping.
        page = self.render().replace("&", "&amp;").replace("'", "&#39;")
        untrusted = escape(" ".join(words.text("map.shown_elsewhere", lang) for lang in ("zh", "en")))
        return (
            f"<iframe srcdoc='{page}' "
            'sandbox="allow-scripts allow-modals" '
            f'style="width:100%;height:{_FRAME_HEIGHT_PX}px;border:1px solid #d9d5cb;border-radius:4px" '
            f"allowfullscreen>{untrusted}</iframe>"
        )


class OfflineMap(folium.Map):
    """A `folium.Map` that draws a document of fringe and whose own save and repr are self-contained.

    Folium's elements can be added as usual, as long as they need no file from the internet.

    Parameters
    ----------
    document
        What `fringe.maps.Map.document` returns.
    title
        Of the page.
    paper
        What the page prints on: ``"A4"`` or ``"A3"``, landscape.
    """

    default_js: list[tuple[str, str]] = []  # noqa: RUF012 - the page holds Leaflet itself; Folium reads these names
    default_css: list[tuple[str, str]] = []  # noqa: RUF012
    _template = Template(
        """
        {% macro html(this, kwargs) %}
            <div class="folium-map" id={{ this.get_name()|tojson }}></div>
        {% endmacro %}
        {% macro script(this, kwargs) %}
            var {{ this.get_name() }} = fringe.build({{ this.get_name()|tojson }}, {{ this.options|tojavascript }});
        {% endmacro %}
        """
    )

    def __init__(self, document: dict[str, Any], *, title: str, paper: str = "A4") -> None:
        west, south, east, north = document["view"]
        super().__init__(
            location=((south + north) / 2, (west + east) / 2),
            tiles=None,
            zoom_control=False,
            attribution_control=False,
            zoom_snap=0.25,
            zoom_delta=0.75,
        )
        # Folium keeps its own parameter of this name for tiles.
        self.options["max_zoom"] = _MAX_ZOOM
        figure = OfflineFigure(title=title)
        figure.add_child(self)
        self.add_child(Sheet(document, paper), name="fringe_sheet")

    def save(self, outfile: Any, close_file: bool = True, **kwargs: Any) -> None:  # noqa: FBT001, FBT002 - branca's own
        """Write the whole page; see `OfflineFigure.save`."""
        self.get_root().save(outfile, close_file, **kwargs)

    def render(self, **kwargs: Any) -> None:  # type: ignore[override]
        """Add the map to its page; called by the page.

        Raises
        ------
        MapError
            If the map was moved to another figure.
        """
        if not isinstance(self.get_root(), OfflineFigure):
            raise MapError(Problem("map_foreign_figure", "map"))
        super().render(**kwargs)  # type: ignore[no-untyped-call]


class Sheet(folium.MacroElement):
    """The data of a map and the call that draws them. The data stand in a block of JSON beside the scripts."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            fringe.boot({{ this._parent.get_name() }});
        {% endmacro %}
        """
    )

    def __init__(self, document: dict[str, Any], paper: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "FringeSheet"
        self.paper = paper
        self.lang = str(document["lang"])
        self.uses = _scripts_of(document)
        self.hosts: list[str] = document.get("hosts", [])
        self.json = to_json({name: part for name, part in document.items() if name != "blocks"})
        self.blocks: dict[str, str] = document["blocks"]


def _scripts_of(document: dict[str, Any]) -> frozenset[str]:
    """Return which of the scripts that only some maps need this one needs."""
    uses = {
        "audience": document["watermark"],
        "time": document["days"],
        "compare": document["compare"],
        "basemap": "basemaps" in document,
        "extras": any(name.endswith(("-curves", "-photos")) for name in document["blocks"]),
    }
    return frozenset(name for name, used in uses.items() if used)
