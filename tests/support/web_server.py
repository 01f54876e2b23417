"""Web servers of the tests, on 127.0.0.1: they end with the block that uses them."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and logs nothing."""

    def log_message(self, format: str, *given: object) -> None:
        pass


@contextmanager
def answering(handler: Callable[..., Any]) -> Iterator[ThreadingHTTPServer]:
    """A server whose requests a handler answers."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server, running(server):
        yield server


@contextmanager
def running(server: ThreadingHTTPServer) -> Iterator[str]:
    """Let a server that listens already answer; the value is its address."""
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield address_of(server)
    finally:
        server.shutdown()
        thread.join()


@contextmanager
def serving(
    directory: Path, handler: type[SimpleHTTPRequestHandler] = Quiet
) -> Iterator[ThreadingHTTPServer]:
    """A server of a directory."""
    with answering(partial(handler, directory=str(directory))) as server:
        yield server


@contextmanager
def served(directory: Path) -> Iterator[str]:
    """Serve a directory; the value is its address."""
    with serving(directory) as server:
        yield address_of(server)


def address_of(server: ThreadingHTTPServer) -> str:
    """The address of a server."""
    return f"http://127.0.0.1:{server.server_port}"
