"""Fonts for sheets that are drawn without a browser: one that has the Chinese signs, among those installed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from fringe.errors import MapError
from fringe.model.problem import Problem

# As on the page, and what Linux, Windows and macOS have besides; a sans serif first.
CHINESE = (
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "Noto Sans SC",
    "PingFang SC",
    "Microsoft YaHei",
    "HarmonyOS Sans SC",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "Hiragino Sans GB",
    "Heiti SC",
    "SimHei",
    "DengXian",
    "Noto Sans CJK JP",
    "Noto Serif CJK SC",
    "Noto Serif CJK JP",
    "Source Han Serif SC",
    "Songti SC",
    "SimSun",
    "FangSong",
    "KaiTi",
    "Arial Unicode MS",
)
LATIN = "DejaVu Sans"
"""Comes with matplotlib."""

_FILES = ("cjk", "sourcehan", "notosanssc", "msyh", "simhei", "simsun", "wqy", "pingfang", "heiti", "songti", "deng")
# Signs of Chinese, Japanese and Korean writing and their punctuation begin here.
_FAR = 0x2E80


def families(texts: Iterable[str], font: str | Path | None = None) -> list[str]:
    """Return the families to write texts with, in the order in which they are tried.

    Parameters
    ----------
    texts
        All that is written.
    font
        A font file, or the name of an installed family; `None`: the first that is found.

    Raises
    ------
    MapError
        If there are Chinese signs and no font for them, or the font named is not there.
    """
    if font is not None:
        return [_named(font), LATIN]
    signs = {ord(sign) for text in texts for sign in text if ord(sign) >= _FAR}
    if not signs:
        return [LATIN]
    found = _chinese() or _chinese(search=True)
    if found is None:
        raise MapError(Problem("map_no_font", "map"))
    return [found, LATIN]


def _chinese(*, search: bool = False) -> str | None:
    from matplotlib import font_manager

    if search:
        # matplotlib keeps a list of its own, made when it was first used.
        for path in sorted(font_manager.findSystemFonts()):
            if any(part in Path(path).name.lower().replace("-", "") for part in _FILES):
                font_manager.fontManager.addfont(path)
    installed = {entry.name for entry in font_manager.fontManager.ttflist}
    return next((name for name in CHINESE if name in installed), None)


def _named(font: str | Path) -> str:
    from matplotlib import font_manager

    if Path(font).is_file():
        font_manager.fontManager.addfont(str(font))
        return str(font_manager.FontProperties(fname=str(font)).get_name())
    if str(font) in {entry.name for entry in font_manager.fontManager.ttflist}:
        return str(font)
    raise MapError(Problem("map_font_named", "map", params={"value": font}))
