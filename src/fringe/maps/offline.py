"""Pages that need no network: every script, style and picture inside, and a policy that forbids the rest.

The *policy* (Content-Security-Policy) allows only the scripts whose SHA-256 it lists: markup in the data that
smuggled in a script or a handler would not run, and nothing can be fetched or sent. The *shell* is what Folium's own
elements render; the data are put beside it unrendered.
"""

from __future__ import annotations

import base64
import copy
import hashlib
import json
import os
import re
import tempfile
from collections.abc import Iterator
from functools import cache
from html import escape
from html.parser import HTMLParser
from importlib import resources
from pathlib import Path
from typing import Any

from branca.element import CssLink, Element, Figure, JavascriptLink
from jinja2 import TemplateSyntaxError

from fringe.errors import MapError
from fringe.maps.foreign import FRAME, refuse_foreign, vendored
from fringe.maps.literals import quote_texts, written
from fringe.model import words
from fringe.model.problem import Problem

# In the order they run.
SCRIPTS = (
    "format",
    "inflate",
    "codec",
    "index",
    "symbols",
    "canvas",
    "tiles",
    "layers",
    "basemap",
    "labels",
    "popup",
    "controls",
    "audience",
    "legend",
    "time",
    "sides",
    "compare",
    "tools",
    "search",
    "filter",
    "table",
    "measure",
    "extras",
    "boot",
)
# What only some maps need.
OPTIONAL = frozenset({"audience", "time", "compare", "extras", "basemap"})
_POLICY = (
    "default-src 'none'; script-src {scripts}; style-src 'unsafe-inline'; img-src data: blob:{hosts}; font-src data:; "
    "connect-src 'none'; {frames}base-uri 'none'; form-action 'none'"
)
_END = "fringe-end"
_DEEPEST = "\nL.Map.mergeOptions({maxZoom:20});"
# Comments that have lines to themselves. Tests see to it that no text of ours runs over lines.
_OWN_LINE = re.compile(r"^[ \t]*(?:/\*(?:[^*]|\*(?!/))*\*/|//[^\n]*)[ \t]*\n", re.MULTILINE)
_INDENT = re.compile(r"^[ \t]+|\n(?=\n)", re.MULTILINE)
# What differs from the style sheet's A4: the sheet, and what is left of it within the margins.
PRINT_SCALE = {"A3": 1.2}
"""How much larger all is on paper than on A4: a sheet on the wall is read from further away."""

_PAPER = {
    "A3": "@page{size:A3 landscape}:root{"
    f"--sheet-width:{403 / PRINT_SCALE['A3']:.1f}mm;--sheet-height:{280 / PRINT_SCALE['A3']:.1f}mm}}"
}
_LEAFLET_PICTURES = re.compile(r"\bL\.(?:control|Control|marker|Marker|Icon)\b")
# What Folium's scripts call, and a file of ours answers.
_JQUERY_CALL = re.compile(r"(?<![\w$])(?:\$|jQuery)\s*[(.]")


@cache
def asset(name: str) -> str:
    """Return the text of a file in `assets`."""
    return (resources.files("fringe.maps") / "assets" / name).read_text(encoding="utf-8")


@cache
def slim(text: str) -> str:
    r"""Return one of our own scripts or style sheets without comments on lines of their own, and without indents.

    Examples
    --------
    >>> slim("/* Why\n   so. */\nlet a;\n  // Because.\n  a = 1; // one\n")
    'let a;\na = 1; // one\n'
    """
    return _INDENT.sub("", _OWN_LINE.sub("", text))


@cache
def slim_style(text: str) -> str:
    r"""Return a style sheet as `slim` does, without the spaces around its punctuation.

    Examples
    --------
    >>> slim_style("a b { color: red; margin: 1px 2px }\n")
    'a b{color:red;margin:1px 2px}'
    """
    return re.sub(r"\s*([{};])\s*|([:,]) ", lambda hit: hit[1] or hit[2], slim(text))


@cache
def _picture(name: str) -> str:
    data = (resources.files("fringe.maps") / "assets" / "vendor" / name).read_bytes()
    return "data:image/png;base64," + base64.b64encode(data).decode("ascii")


def page(figure: Figure, **kwargs: Any) -> str:
    """Return the page of a figure that holds an offline map.

    Raises
    ------
    MapError
        If an element needs files from the internet that are not part of fringe: all of them, by name.
    """
    # Rendering adds children to the figure; the caller's stays as it was.
    twin = copy.deepcopy(figure)
    renumber(twin)
    tree = list(walk(twin))
    quote_texts(tree)
    known = frozenset(map(id, tree))
    try:
        for child in list(twin._children.values()):  # noqa: SLF001 - branca has no public way to the children
            child.render(**kwargs)
    except TemplateSyntaxError as error:
        # Folium takes the scripts it has written, and the data in them, for templates once more.
        raise MapError(Problem("map_folium_template", "map", params={"reason": str(error)})) from error
    shell = {
        name: "\n".join(
            written(child, known, **kwargs)
            for child in getattr(twin, name)._children.values()  # noqa: SLF001
            if not isinstance(child, JavascriptLink | CssLink)
        )
        for name in ("header", "html", "script")
    }
    sheets: list[Any] = [element for element in tree if type(element).__name__ == "Sheet"]
    parts = _Parts.of("".join((shell["header"], shell["html"])))
    used = frozenset().union(*(sheet.uses for sheet in sheets))
    called = shell["script"] + "".join(parts.scripts)
    foreign, styles, before = vendored(twin, called)
    scripts = [*_libraries(called, foreign, used if sheets else None), *([before] if before else []), shell["script"]]
    refuse_foreign(twin, tree, parts.files, "".join((shell["header"], shell["html"], shell["script"])))
    return _assemble(figure.title or "", shell, parts, scripts, sheets, styles)


def _libraries(shell_script: str, foreign: list[str], used: frozenset[str] | None) -> list[str]:
    """Return the scripts before the shell's own: libraries, ours, what elements link, what the shell calls.

    `used`, of ours that only some pages need; `None`: the page needs none of ours.
    """
    # A map of Folium's own without tiles has no deepest zoom, without which clusters of markers fail.
    found = [asset("vendor/leaflet.js") if used is not None else asset("vendor/leaflet.js") + _DEEPEST]
    if used is not None:
        ours = [name for name in SCRIPTS if name in used or name not in OPTIONAL]
        found += [asset("vendor/fflate.js"), *(slim(asset(f"js/{name}.js")) for name in ours)]
    if "L.marker(" in shell_script:
        icon = {
            "iconUrl": _picture("marker-icon.png"),
            "iconRetinaUrl": _picture("marker-icon-2x.png"),
            "shadowUrl": _picture("marker-shadow.png"),
        }
        # Leaflet guesses the folder of its pictures from its style sheet, which is inside the page.
        found.append(f"delete L.Icon.Default.prototype._getIconUrl;L.Icon.Default.mergeOptions({json.dumps(icon)});")
    if _JQUERY_CALL.search(shell_script):
        found.append(asset("vendor/jquery.js"))
    return [*found, *(asset(f"vendor/{name}") for name in foreign)]


def _assemble(
    title: str, shell: dict[str, str], parts: _Parts, scripts: list[str], sheets: list[Any], styles: list[str]
) -> str:
    scripts = [script.replace("\r\n", "\n") for script in scripts]
    allowed = [*scripts, *parts.scripts]
    digests = " ".join(dict.fromkeys(f"'{_digest(script)}'" for script in allowed))
    # A page in a frame inherits this policy: it is read, and runs nothing.
    frames = "frame-src data:; " if FRAME.search("".join(shell.values())) else ""
    # Of online basemaps, which somebody opted for.
    hosts = "".join(f" {host}" for host in dict.fromkeys(host for sheet in sheets for host in sheet.hosts))
    policy = _POLICY.format(scripts=digests, frames=frames, hosts=hosts)
    # Pictures named in Leaflet's style sheet belong to its own layer control and markers, which Folium may add.
    wanted = bool(_LEAFLET_PICTURES.search(shell["script"] + "".join(parts.scripts)))
    pictures = lambda hit: f"url({_picture(hit[1])})" if wanted else "none"  # noqa: E731
    style = re.sub(r"url\(images/([\w.-]+)\)", pictures, slim_style(asset("vendor/leaflet.css")))
    lang = sheets[0].lang if sheets else "en"
    data = "".join(_data(sheet) for sheet in sheets)
    failed = escape(f"{words.text('map.failed', 'zh')} {words.text('map.failed', 'en')}")
    ours = sheets[:1]
    return "\n".join(
        (
            "<!DOCTYPE html>",
            f'<html lang="{escape(lang)}">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            # Browsers that know it show nothing before all scripts have run: a page half put together costs a frame.
            f'<link rel="expect" href="#{_END}" blocking="render">',
            f"<title>{escape(title)}</title>",
            f"<style>{style}</style>",
            *(f"<style>{slim_style(asset(f'vendor/{name}'))}</style>" for name in styles),
            *(f"<style>{slim_style(asset('fringe.css'))}</style>" for _ in ours),
            *(f"<style>{slim_style(asset('basemap.css'))}</style>" for sheet in ours if "basemap" in sheet.uses),
            *(f"<style>{_PAPER[sheet.paper]}</style>" for sheet in sheets if sheet.paper in _PAPER),
            shell["header"].replace("\r\n", "\n"),
            "</head>",
            "<body>",
            *(f'<p id="fringe-failed" role="alert">{failed}</p>' for _ in ours),
            shell["html"].replace("\r\n", "\n"),
            data,
            *(f"<script>{script}</script>" for script in scripts),
            f'<i id="{_END}" hidden></i>',
            "</body>",
            "</html>",
            "",
        )
    )


def _data(sheet: Any) -> str:
    """Return a sheet's JSON and packed blocks, which no script of the page runs."""
    blocks = [f'<script type="text/plain" id="fringe-{name}">{text}</script>\n' for name, text in sheet.blocks.items()]
    return "".join([f'<script type="application/json" id="fringe-data">{sheet.json}</script>\n', *blocks])


def _digest(script: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")


def walk(root: Element) -> Iterator[Element]:
    """Yield an element and all it holds, as children or in attributes as popups hold them, in a fixed order."""
    seen: set[int] = set()
    waiting: list[Any] = [root]
    while waiting:
        item = waiting.pop()
        if isinstance(item, Element):
            if id(item) in seen:
                continue
            seen.add(id(item))
            yield item
            waiting.extend(reversed([part for name, part in vars(item).items() if name != "_parent"]))
        elif isinstance(item, dict):
            waiting.extend(reversed(list(item.values())))
        elif isinstance(item, list | tuple):
            waiting.extend(reversed(item))


def renumber(root: Element) -> None:
    """Count the ids of a tree, in place of random ones.

    An element may have written another's name into a text of its own: those are renamed with it.
    """
    tree = list(walk(root))
    ids = {element._id: f"{number}" for number, element in enumerate(tree)}  # noqa: SLF001
    known = re.compile("|".join(re.escape(old) for old in ids))

    def renamed(text: str) -> str:
        return known.sub(lambda hit: ids[hit[0]], text)

    for element in tree:
        if type(element).__name__ == "Sheet":
            element._id = ids[element._id]  # noqa: SLF001
            continue
        state = {name: renamed(part) if isinstance(part, str) else part for name, part in vars(element).items()}
        state["_children"] = type(element._children)(  # noqa: SLF001
            (renamed(name), child)
            for name, child in element._children.items()  # noqa: SLF001
        )
        state.pop("_template", None)
        # Sets the template again from the renamed text.
        element.__setstate__(state)


class _Parts(HTMLParser):
    """The scripts in a piece of markup, and the files it asks for."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.scripts: list[str] = []
        self.files: list[str] = []
        self._open = False

    @classmethod
    def of(cls, markup: str) -> _Parts:
        found = cls()
        found.feed(markup.replace("\r\n", "\n"))
        found.close()
        return found

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        target = given.get("src") or (given.get("href") if tag == "link" else None)
        if target and not target.startswith(("data:", "blob:", "#")):
            self.files.append(target)
        self._open = tag == "script" and "src" not in given
        if self._open:
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self._open = False

    def handle_data(self, data: str) -> None:
        if self._open:
            self.scripts[-1] += data


def write_page(text: str, path: Path) -> Path:
    """Write a page whole or not at all; see `write_file`."""
    return write_file(text.encode("utf-8"), path)


def write_file(data: bytes, path: Path) -> Path:
    """Write a file whole or not at all: a reader never finds half of it.

    Raises
    ------
    MapError
        If the file cannot be written.
    """
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            # mkstemp makes files only the owner may read; a page is passed around.
            Path(name).chmod(0o644)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        params = {"path": path, "reason": error.strerror or str(error)}
        raise MapError(Problem("map_not_written", "map", params=params)) from error
    return path
