"""`fringe map`: the meeting map as a page, a sheet of paper or a picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fringe.cli.terminal import Lang, On, StudyPath, busy, exit_by, help_text, open_study, say, speak
from fringe.model import words

if TYPE_CHECKING:
    from fringe.maps import Map

_PAGES = (".html", ".htm")
_PRINTED = (".pdf", ".png")
# Pictures whose coordinate system may have to be stated.
_PLACED = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff")


def _option(name: str, *more: str) -> Any:
    return typer.Option(f"--{name}", *more, help=help_text(f"map_{name.replace('-', '_')}"), show_default=False)


def draw(  # noqa: PLR0913 - all but the first are options of the command line
    study: StudyPath,
    *,
    shade: Annotated[str, typer.Option("--shade", help=help_text("shade"))] = "covered_share",
    on: On = None,
    every: Annotated[str | None, _option("every")] = None,
    before: Annotated[str | None, _option("before")] = None,
    side: Annotated[bool, _option("side-by-side")] = False,
    basemap: Annotated[list[str] | None, _option("basemap")] = None,
    basemap_crs: Annotated[str | None, _option("basemap-crs")] = None,
    basemap_mb: Annotated[float | None, _option("basemap-mb")] = None,
    audience: Annotated[str, _option("audience")] = "internal",
    review_no: Annotated[str | None, _option("review-no")] = None,
    watermark: Annotated[bool, _option("watermark")] = False,
    paper: Annotated[str, _option("paper")] = "A4",
    static: Annotated[bool, _option("static")] = False,
    output: Annotated[Path, typer.Option("--output", "-o", help=help_text("output_map"))] = Path("map.html"),
    lang: Lang = None,
) -> None:
    """Write the meeting map of a study: a page that needs no network, or the same on paper or as a picture."""
    speak(lang)
    ending = output.suffix.lower()
    static = static or ending == ".svg"
    known = (*_PAGES, *_PRINTED, ".svg")
    if ending not in known:
        raise typer.BadParameter(words.text("cli.map_ending", value=output.name, allowed=" ".join(known)))
    if every and before:
        raise typer.BadParameter(words.text("cli.every_or_before"))
    idle = {
        "--side-by-side": side and not before,
        "--static": static and ending in _PAGES,
        "--paper": paper != "A4" and not (ending == ".pdf" or static),
        "--basemap-crs": basemap_crs and not basemap,
        "--basemap-mb": basemap_mb is not None and not basemap,
    }
    for option in (name for name, given in idle.items() if given):
        raise typer.BadParameter(words.text("cli.map_idle", option=option))
    opened = open_study(study, lang)
    cap: dict[str, Any] = {} if basemap_mb is None else {"max_mb": basemap_mb}
    page: dict[str, Any] = {"audience": audience, "watermark": watermark}
    page |= {"review_no": review_no} if review_no else {}
    with busy("drawing"):
        sheet = opened.map(on, shade, every=every, before=before, mode="side" if side else "swipe", **page)
        for source in basemap or ():
            own = Path(source).suffix.lower() in _PLACED
            sheet = sheet.basemap(source, crs=basemap_crs if own else None, **cap)
        _write(sheet, output, ending, paper, static=static)
    say("written", path=output.resolve())
    typer.echo(str(output.resolve()))
    exit_by(opened)


def _write(sheet: Map, output: Path, ending: str, paper: Any, *, static: bool) -> None:
    if ending in _PAGES:
        sheet.save(output)
    elif static:
        sheet.to_static(output, size=paper)
    elif ending == ".pdf":
        sheet.to_pdf(output, size=paper)
    else:
        sheet.to_png(output, scale=2)
