"""A Firefox without a window, driven over WebDriver BiDi, which it speaks itself.

The protocol is JSON over a WebSocket on this machine: commands have numbers, their answers the same ones, and *events*
(what the page asked for, what it said on its console) come in between.
"""

from __future__ import annotations

import base64
import contextlib
import json
import queue
import re
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fringe.maps.devtools import _end, _WebSocket

_LISTENS = re.compile(r"WebDriver BiDi listening on (ws://\S+)")
_START_S, _ANSWER_S = 90.0, 60.0
_EVENTS = ["log.entryAdded", "network.beforeRequestSent"]
# Nothing of a browser's own is fetched, and what is tested is its default otherwise.
_PREFERENCES = {
    "app.update.disabledForTesting": True,
    "browser.safebrowsing.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage_override.mstone": "ignore",
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.update.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,",
    "toolkit.telemetry.enabled": False,
}


class FirefoxError(Exception):
    """What Firefox refused, or a script of the page threw."""


@dataclass
class Page:
    """A tab, what it asked for beyond its own file, and what it complained of."""

    firefox: Firefox
    context: str
    own: str = ""
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def goto(self, path: Path) -> None:
        self.own = path.as_uri()
        self.firefox.call("browsingContext.navigate", context=self.context, url=self.own, wait="complete")

    def run(self, script: str) -> Any:
        """Return the value of an expression; a promise is waited for."""
        target = {"context": self.context}
        answer = self.firefox.call(
            "script.evaluate",
            expression=f"(async () => JSON.stringify(await ({script})))()",
            target=target,
            awaitPromise=True,
        )
        if answer["type"] == "exception":
            raise FirefoxError(answer["exceptionDetails"]["text"])
        return json.loads(answer["result"].get("value", "null"))

    def wait_for(self, script: str, timeout_s: float = 30.0) -> Any:
        deadline = time.monotonic() + timeout_s
        while not (found := self.run(script)):
            if time.monotonic() > deadline:
                raise FirefoxError(f"never true: {script}; {self.complaints}")
            time.sleep(0.03)
        return found

    def size(self, width: int, height: int) -> None:
        self.firefox.call(
            "browsingContext.setViewport", context=self.context, viewport={"width": width, "height": height}
        )

    def pointer(self, *actions: dict[str, Any]) -> None:
        """Move and press the mouse; places are pixels of the window."""
        source = {"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": list(actions)}
        self.firefox.call("input.performActions", context=self.context, actions=[source])

    def click(self, x: float, y: float) -> None:
        self.pointer(move(x, y), DOWN, UP)

    def press(self, *keys: str) -> None:
        pressed = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self.firefox.call(
            "input.performActions", context=self.context, actions=[{"type": "key", "id": "keys", "actions": pressed}]
        )

    def print(self, width_cm: float, height_cm: float) -> bytes:
        """Return the page as a PDF, on paper of a size and without further margins."""
        paper = {
            "page": {"width": width_cm, "height": height_cm},
            "margin": dict.fromkeys(("top", "bottom", "left", "right"), 0),
        }
        answer = self.firefox.call(
            "browsingContext.print", context=self.context, background=True, shrinkToFit=False, **paper
        )
        return base64.b64decode(answer["data"])

    def screenshot(self) -> bytes:
        return base64.b64decode(self.firefox.call("browsingContext.captureScreenshot", context=self.context)["data"])


DOWN, UP = {"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}


def move(x: float, y: float, duration_ms: int = 0) -> dict[str, Any]:
    return {"type": "pointerMove", "x": round(x), "y": round(y), "duration": duration_ms}


class Firefox:
    """A browser, one command after the other."""

    def __init__(self, line: _WebSocket) -> None:
        self._line, self._last = line, 0
        self._pages: dict[str, Page] = {}
        self.version = self.call("session.new", capabilities={})["capabilities"]["browserVersion"]
        self.call("session.subscribe", events=_EVENTS)

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        self._last += 1
        self._line.send(json.dumps({"id": self._last, "method": method, "params": params}))
        while True:
            said = json.loads(self._line.receive(time.monotonic() + _ANSWER_S))
            if said.get("id") == self._last:
                if said["type"] == "error":
                    raise FirefoxError(f"{method}: {said['error']}: {said['message']}")
                return dict(said["result"])
            if said.get("type") == "event":
                self._hear(said["method"], said["params"])

    def _hear(self, method: str, params: dict[str, Any]) -> None:
        context = params.get("context") or params.get("source", {}).get("context")
        page = self._pages.get(context)
        if page is None:
            return
        if method == "log.entryAdded" and params["level"] in {"warn", "error"}:
            page.complaints.append(params["text"])
        elif method == "network.beforeRequestSent":
            url = params["request"]["url"]
            if not url.startswith((page.own, "data:", "blob:")):
                page.requests.append(url)

    @contextmanager
    def page(self, width: int = 1366, height: int = 768, *, before: str = "") -> Iterator[Page]:
        """Open a tab; `before` runs in it ahead of every script of a page."""
        context = self.call("browsingContext.create", type="tab")["context"]
        made = self._pages[context] = Page(self, context)
        early = None
        if before:
            early = self.call(
                "script.addPreloadScript", functionDeclaration=f"() => {{ {before} }}", contexts=[context]
            )
        try:
            made.size(width, height)
            yield made
        finally:
            if early:
                self.call("script.removePreloadScript", script=early["script"])
            del self._pages[context]
            self.call("browsingContext.close", context=context)


@contextmanager
def firefox(program: str) -> Iterator[Firefox]:
    """Start a browser with an empty profile; it ends, and the profile goes, whatever happens in the block."""
    with tempfile.TemporaryDirectory(prefix="fringe-firefox-", ignore_cleanup_errors=True) as profile:
        lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in _PREFERENCES.items()]
        (Path(profile) / "user.js").write_text("".join(lines), encoding="utf-8")
        process = subprocess.Popen(
            [program, "--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "0"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        try:
            line = _WebSocket(_address(process) + "/session")
            try:
                yield Firefox(line)
            finally:
                line.close()
        finally:
            _end(process)


def _address(process: subprocess.Popen[bytes]) -> str:
    """Return where the browser listens, which it says on its error channel; the channel is read on to its end."""
    said: queue.Queue[str | None] = queue.Queue()

    def read() -> None:
        with contextlib.suppress(ValueError):
            for raw in process.stderr or ():
                said.put(raw.decode("utf-8", errors="replace"))
        said.put(None)

    threading.Thread(target=read, daemon=True).start()
    heard, deadline = "", time.monotonic() + _START_S
    while True:
        try:
            text = said.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            text = None
        if text is None:
            raise FirefoxError(f"Firefox does not start: {heard[-800:]}")
        heard += text
        if found := _LISTENS.search(text):
            return found[1]
