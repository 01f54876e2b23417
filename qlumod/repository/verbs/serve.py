"""A small read-only HTTP server for testing a repository; it serves no hidden or outside files."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from socket import SHUT_RDWR
from threading import BoundedSemaphore, Timer
from typing import Any, BinaryIO
from urllib.parse import unquote, urlsplit

from qlumod.errors import QlumodError
from qlumod.events import Listener, Output


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeLimits:
    """What clients may take of the server."""

    patience: float = 20
    """The maximum seconds to receive a request, and to send each block of an answer."""
    connections: int = 64
    """The maximum number of simultaneous connections; further ones are closed."""


LIMITS = ServeLimits()


@contextmanager
def server(
    root: Path, host: str, port: int, *, limits: ServeLimits = LIMITS, listen: Listener
) -> Iterator[ThreadingHTTPServer]:
    """A listening server; port 0 selects a free port."""
    handler = partial(_Handler, root=root.resolve(), patience=limits.patience, listen=listen)
    try:
        made = _Server((host, port), handler, limits, listen)
    except OSError as fault:
        raise QlumodError(
            f"cannot serve at {host}:{port}: {fault.strerror}",
            remedy="choose another port (--port 0 takes a free one)",
        ) from fault
    with made:
        yield made


def _tell(listen: Listener, client: str, text: str) -> None:
    """Log a line; control characters from clients are replaced."""
    line = "".join(letter if letter.isprintable() else "?" for letter in text)
    listen(Output(program="serve", line=f"{client} {line}"))


class _Server(ThreadingHTTPServer):
    """Serves so many connections at once; an error of one is logged as one line."""

    daemon_threads = True

    def __init__(
        self, address: tuple[str, int], handler: Any, limits: ServeLimits, listen: Listener
    ) -> None:
        self._listen = listen
        self._places = BoundedSemaphore(limits.connections)
        super().__init__(address, handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._places.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002
        _tell(self._listen, client_address[0], f"{sys.exception()}")


class _Handler(SimpleHTTPRequestHandler):
    """Answers GET and HEAD with files below the root, by means of http.server."""

    protocol_version = "HTTP/1.1"
    server_version = "qlumod"
    sys_version = ""

    def __init__(self, *words: Any, root: Path, patience: float, listen: Listener) -> None:
        self._root = root
        self._patience = patience
        self._listen = listen
        super().__init__(*words)

    def setup(self) -> None:
        super().setup()
        self.connection.settimeout(self._patience)

    def log_message(self, format: str, *args: object) -> None:
        _tell(self._listen, self.address_string(), format % args)

    def handle_one_request(self) -> None:
        # The timeout limits each read from the socket; this timer limits the whole request.
        self._alarm = Timer(self._patience, self._hang_up)
        self._alarm.daemon = True
        self._alarm.start()
        try:
            super().handle_one_request()
        finally:
            self._alarm.cancel()

    def parse_request(self) -> bool:
        parsed = super().parse_request()
        self._alarm.cancel()
        return parsed

    def send_head(self) -> BytesIO | BinaryIO | None:
        self._file = self._found()
        if self._file is None:
            self.send_error(HTTPStatus.NOT_FOUND)
            return None
        return super().send_head()

    def translate_path(self, path: str) -> str:  # noqa: ARG002
        return str(self._file)

    def _found(self) -> Path | None:
        """The requested file; None: it is missing, no regular file, hidden, or outside the root."""
        try:
            words = unquote(urlsplit(self.path).path).split("/")
            path = self._root.joinpath(*words[1:]).resolve()
            names = (*words, *path.relative_to(self._root).parts)
            is_file = path.is_file()
        except (OSError, RuntimeError, ValueError):
            return None
        return path if is_file and not any(name.startswith(".") for name in names) else None

    def _hang_up(self) -> None:
        with suppress(OSError):
            self.connection.shutdown(SHUT_RDWR)
