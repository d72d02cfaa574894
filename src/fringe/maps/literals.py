r"""Texts of Folium's own elements, kept texts.

Folium writes what a popup or tooltip says into a template literal of a script. There ``${…}`` would run, a backtick or
``</script>`` would end the literal, and ``D:\2024`` is none at all, which breaks the whole script. And it takes every
script it has written, with all the data in it, for a template of Jinja once more: there ``{{ … }}`` would run, in
Python. Markup stays markup, as Folium has it: what it may do is the policy's matter (`fringe.maps.offline`).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Collection, Iterable
from typing import Any

from branca.element import Element

# The backslash first: the others bring their own.
_ESCAPES = (("\\", "\\\\"), ("`", "\\`"), ("${", "\\${"), ("</", "<\\/"), ("<!--", "<\\!--"))
_JINJA = re.compile(r"\{(?=[{%#])")


def literal(text: str) -> str:
    r"""Return a text that stands for itself within a template literal of a script in a page.

    Examples
    --------
    >>> print(literal(r"D:\2024 `${x}` </script> {{{ 7 }}}"))
    D:\\2024 \`\${x}\` <\/script> {\{\{ 7 }}}
    """
    for sign, escaped in _ESCAPES:
        text = text.replace(sign, escaped)
    return _JINJA.sub(r"{\\", text)


def quote_texts(tree: Iterable[Element]) -> None:
    """Make the texts of popups and tooltips in a tree that is about to be rendered stand for themselves."""
    from folium.map import Popup, Tooltip

    for element in tree:
        if isinstance(element, Tooltip):
            element.text = literal(element.text)
        elif isinstance(element, Popup):
            for child in element.html._children.values():  # noqa: SLF001 - branca has no public way to the children
                child.render = functools.partial(_quoted, child.render)  # type: ignore[method-assign]


def _quoted(render: Callable[..., str], **kwargs: Any) -> str:
    # Folium has escaped backticks already.
    return literal(render(**kwargs).replace("\\`", "`"))


def written(element: Element, known: Collection[int], **kwargs: Any) -> str:
    """Return the text of an element of a rendered page.

    What was not there before, by its `id`, came of rendering: it is a text and no template.
    """
    text = element._template_str  # noqa: SLF001 - branca has no public way to it
    made = type(element) is Element and text is not None and id(element) not in known
    return str(text if made else element.render(**kwargs))
