"""A small HTTP proxy that answers from a directory and remembers what was asked of it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Proxy:
    """A proxy that runs; `asked` are ``METHOD ADDRESS`` of each request, `authorized` what it was
    told of who asks."""

    address: str
    asked: list[str] = field(default_factory=list)
    authorized: set[str] = field(default_factory=set)

    @property
    def hosts(self) -> set[str]:
        """The hosts that it was asked for."""
        return {urlsplit(line.split()[1]).netloc or line.split()[1] for line in self.asked}


@contextmanager
def proxy(directory: Path) -> Iterator[Proxy]:
    """A proxy for which all hosts have the files of that directory; it tunnels to nowhere."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        running = Proxy(f"http://127.0.0.1:{server.server_address[1]}")
        server.RequestHandlerClass = partial(  # type: ignore[assignment]
            _Handler, directory=str(directory), running=running
        )
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield running
        finally:
            server.shutdown()
            thread.join()


class _Handler(SimpleHTTPRequestHandler):
    def __init__(self, *given: object, running: Proxy, **named: object) -> None:
        self.running = running
        super().__init__(*given, **named)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        self.running.asked.append(f"GET {self.path}")
        self.running.authorized.add(self.headers.get("Authorization", ""))
        self.path = urlsplit(self.path).path
        super().do_GET()

    def do_CONNECT(self) -> None:
        self.running.asked.append(f"CONNECT {self.path}")
        self.send_error(403)

    def log_message(self, format: str, *given: object) -> None:
        """Say nothing."""
