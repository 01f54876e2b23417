"""A small HTTP proxy that answers from a directory and remembers what was asked of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from tests.support.web_server import Quiet, address_of, answering


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
    with answering(_Handler) as server:
        running = Proxy(address_of(server))
        server.RequestHandlerClass = partial(  # type: ignore[assignment]
            _Handler, directory=str(directory), running=running
        )
        yield running


class _Handler(Quiet):
    def __init__(self, *given: object, running: Proxy, **named: object) -> None:
        self.running = running
        super().__init__(*given, **named)  # type: ignore[arg-type]

    def do_GET(self) -> None:  # noqa: N802
        self.running.asked.append(f"GET {self.path}")
        self.running.authorized.add(self.headers.get("Authorization", ""))
        self.path = urlsplit(self.path).path
        super().do_GET()

    def do_CONNECT(self) -> None:  # noqa: N802
        self.running.asked.append(f"CONNECT {self.path}")
        self.send_error(403)
