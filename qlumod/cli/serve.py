"""qlumod serve: offer a repository over HTTP, for trying things out."""

from contextlib import suppress
from pathlib import Path

import click

from qlumod.cli import options
from qlumod.cli.repository_options import repository
from qlumod.cli.screen import Reporter
from qlumod.events import Notice
from qlumod.repository.verbs.serve import server


@options.verb(examples=["qlumod serve --repository /srv/debian --port 8080"])
@repository
@click.option(
    "--host",
    default="127.0.0.1",
    metavar="ADDRESS",
    help="The address to listen at; default: 127.0.0.1.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8080,
    metavar="PORT",
    help="The port; 0: a free one. Default: 8080.",
)
@options.reports()
def command(*, repository: Path, host: str, port: int, reporter: Reporter) -> None:
    """Serve a repository over HTTP until Ctrl-C; read-only, without files that begin with a dot.

    The server is for trials. It serves whole files only: no lists of directories, no ranges, 64
    connections at once. For the public, use a web server such as nginx.
    """
    with server(repository, host, port, listen=reporter.listen) as serving:
        address = f"http://{host}:{serving.server_address[1]}/"
        reporter.listen(Notice(text=f"serving {repository} at {address}"))
        # Ctrl-C is how it is meant to end.
        with suppress(KeyboardInterrupt):
            serving.serve_forever()
