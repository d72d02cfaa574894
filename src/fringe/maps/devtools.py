"""A browser without a window, driven over its DevTools protocol with nothing but the standard library.

A *session* is one page of a browser started for it, with an empty profile of its own that is deleted afterwards. The
protocol is JSON over a WebSocket (RFC 6455) on this machine; Chromium, Chrome and Edge speak it alike.
"""

from __future__ import annotations

import base64
import json
import os
import queue
import re
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from fringe.errors import MapError
from fringe.model.problem import Problem

_FLAGS = (
    "--headless=new",
    "--remote-debugging-port=0",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-gpu",
    "--disable-extensions",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
    "--mute-audio",
)
_STARTED = re.compile(r"DevTools listening on (ws://\S+)")
_START_S = 60.0
_STOP_S = 10.0
_POLL_S = 0.05
_SAID = 400
# RFC 6455: the operations of a frame, and the marks in its second byte.
_CONTINUED, _TEXT, _CLOSE, _PING, _PONG = 0x0, 0x1, 0x8, 0x9, 0xA
_FINAL, _MASKED, _SHORT, _LONG = 0x80, 0x80, 126, 127


class Session:
    """One page of a browser."""

    def __init__(self, line: _WebSocket, deadline: float) -> None:
        self._line, self._last, self._deadline = line, 0, deadline
        self._session: str | None = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.call("Page.enable")

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Return the answer to a command of the protocol.

        Raises
        ------
        MapError
            If the browser refuses it or takes too long.
        """
        self._last += 1
        asked = {"id": self._last, "method": method, "params": params}
        self._line.send(json.dumps({**asked, "sessionId": self._session} if self._session else asked))
        while True:
            answer = json.loads(self._line.receive(self._deadline))
            if answer.get("id") == self._last:
                if "error" in answer:
                    raise _failed(f"{method}: {answer['error'].get('message', '')}")
                return dict(answer["result"])

    def evaluate(self, script: str) -> Any:
        """Return the value of an expression in the page; a promise is waited for."""
        answer = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise _failed(str(answer["exceptionDetails"].get("text", "")))
        return answer["result"].get("value")

    def wait_for(self, script: str) -> None:
        """Wait until an expression is true."""
        while not self.evaluate(script):
            if time.monotonic() > self._deadline:
                raise _failed(script)
            time.sleep(_POLL_S)


@contextmanager
def session(browser: str, *, timeout_s: float) -> Iterator[Session]:
    """Start a browser and yield a page of it; the browser ends and its profile goes when the block is left.

    Parameters
    ----------
    browser
        The program.
    timeout_s
        Seconds for all that is done in the block, the start apart.

    Raises
    ------
    MapError
        If it does not start, ends early or takes too long, with what it said.
    """
    # Windows lets go of a profile's files a moment after the browser has gone.
    with tempfile.TemporaryDirectory(prefix="fringe-", ignore_cleanup_errors=True) as profile:
        # The sandbox of Chromium refuses to work for root.
        alone = ["--no-sandbox"] if getattr(os, "geteuid", lambda: 1)() == 0 else []
        command = [browser, *_FLAGS, *alone, f"--user-data-dir={profile}", "about:blank"]
        try:
            process = subprocess.Popen(  # noqa: S603 - the program was looked for, or is named by the user
                command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
            )
        except OSError as error:
            raise _failed(f"{browser}: {error.strerror or error}") from error
        try:
            line = _WebSocket(_address(process))
            try:
                yield Session(line, time.monotonic() + timeout_s)
            finally:
                line.close()
        except (ConnectionError, TimeoutError) as error:
            raise _failed(f"{browser}: {str(error) or type(error).__name__}") from error
        finally:
            _end(process)


def _failed(reason: str) -> MapError:
    return MapError(Problem("map_browser_failed", "map", params={"reason": reason.strip()[-_SAID:]}))


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stderr:
        process.stderr.close()


def _address(process: subprocess.Popen[bytes]) -> str:
    """Return where the browser listens, which it says on its error channel; the channel is read on to its end."""
    said: queue.Queue[str | None] = queue.Queue()

    def read() -> None:
        # The channel is closed under the reader when the browser is done.
        try:
            for raw in process.stderr or ():
                said.put(raw.decode("utf-8", errors="replace"))
        except ValueError:
            pass
        said.put(None)

    threading.Thread(target=read, daemon=True).start()
    heard, deadline = "", time.monotonic() + _START_S
    while True:
        try:
            text = said.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            raise _failed(heard) from None
        if text is None:
            raise _failed(heard)
        heard += text
        found = _STARTED.search(text)
        if found:
            return found[1]


class _WebSocket:
    """The client's end of a WebSocket, for texts."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._socket = socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 80), _START_S)
        self._rest = b""
        key = base64.b64encode(os.urandom(16)).decode("ascii")
        self._socket.sendall(
            f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += self._exactly(1)
        if b" 101 " not in head.split(b"\r\n", 1)[0]:
            raise ConnectionError(head.split(b"\r\n", 1)[0].decode("ascii", errors="replace"))

    def send(self, text: str) -> None:
        self._frame(_TEXT, text.encode())

    def receive(self, deadline: float) -> bytes:
        """Return the next whole text."""
        parts = []
        while True:
            self._socket.settimeout(max(_POLL_S, deadline - time.monotonic()))
            first, second = self._exactly(2)
            size = second & ~_MASKED
            if size in (_SHORT, _LONG):
                size = int.from_bytes(self._exactly(2 if size == _SHORT else 8), "big")
            body, operation = self._exactly(size), first & 0x0F
            if operation == _CLOSE:
                raise ConnectionError("closed")
            if operation == _PING:
                self._frame(_PONG, body)
            elif operation in (_TEXT, _CONTINUED):
                parts.append(body)
                if first & _FINAL:
                    return b"".join(parts)

    def close(self) -> None:
        self._socket.close()

    def _frame(self, operation: int, body: bytes) -> None:
        size = len(body)
        if size < _SHORT:
            head = bytes([_FINAL | operation, _MASKED | size])
        elif size < 1 << 16:
            head = bytes([_FINAL | operation, _MASKED | _SHORT]) + size.to_bytes(2, "big")
        else:
            head = bytes([_FINAL | operation, _MASKED | _LONG]) + size.to_bytes(8, "big")
        # A client's frames are masked, by the standard; Firefox closes the line at a mask of zeros.
        mask = os.urandom(4)
        masked = int.from_bytes(body, "big") ^ int.from_bytes((mask * (size // 4 + 1))[:size], "big")
        self._socket.sendall(head + mask + masked.to_bytes(size, "big"))

    def _exactly(self, size: int) -> bytes:
        parts, wanted = [self._rest], size - len(self._rest)
        while wanted > 0:
            part = self._socket.recv(max(wanted, 1 << 16))
            if not part:
                raise ConnectionError("closed")
            parts.append(part)
            wanted -= len(part)
        whole = b"".join(parts)
        self._rest = whole[size:]
        return whole[:size]
