"""A small read-only HTTP server for trying a repository out: ranges, nothing hidden, no outside."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

from qlumod.errors import QlumodError
from qlumod.events import Listener, Output

_RANGE = re.compile(r"bytes=(\d*)-(\d*)\Z")
_BLOCK = 1 << 20


@contextmanager
def server(root: Path, host: str, port: int, *, listen: Listener) -> Iterator[ThreadingHTTPServer]:
    """A server that listens; port 0 takes a free one."""
    handler = partial(_Handler, root=root.resolve(), listen=listen)
    try:
        made = ThreadingHTTPServer((host, port), handler)
    except OSError as fault:
        raise QlumodError(
            f"cannot serve at {host}:{port}: {os.strerror(fault.errno or 0)}",
            remedy="choose another port (--port 0 takes a free one)",
        ) from fault
    made.daemon_threads = True
    with made:
        yield made


class _Handler(SimpleHTTPRequestHandler):
    """Files below the root by GET and HEAD; apt resumes downloads by ranges."""

    protocol_version = "HTTP/1.1"
    server_version = "qlumod"
    sys_version = ""

    def __init__(self, *words: object, root: Path, listen: Listener) -> None:
        self._root = root
        self._listen = listen
        self._rest = 0
        super().__init__(*words, directory=str(root))  # type: ignore[arg-type]

    def log_message(self, format: str, *args: object) -> None:
        self._listen(Output(program="serve", line=f"{self.address_string()} {format % args}"))

    def send_head(self) -> BytesIO | BinaryIO | None:
        path = self._path()
        if path is None or not (path.is_dir() or path.is_file()):
            self.send_error(HTTPStatus.NOT_FOUND)
            return None
        if path.is_dir():
            return super().send_head()
        return self._send_file_head(path)

    def list_directory(self, path: str | os.PathLike[str]) -> BytesIO | None:
        names = sorted(
            f"{entry.name}/" if entry.is_dir() else entry.name
            for entry in Path(path).iterdir()
            if not entry.name.startswith(".")
        )
        page = "".join(f'<a href="{name}">{name}</a><br>\n' for name in names).encode()
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        return BytesIO(page)

    def copyfile(self, source, outputfile) -> None:  # type: ignore[no-untyped-def]
        if isinstance(source, BytesIO):
            super().copyfile(source, outputfile)
            return
        while self._rest and (block := source.read(min(_BLOCK, self._rest))):
            outputfile.write(block)
            self._rest -= len(block)

    def _path(self) -> Path | None:
        """The file that is asked for; None: it is hidden, or outside."""
        parts = [part for part in unquote(urlsplit(self.path).path).split("/") if part]
        if any(part.startswith(".") or "\0" in part for part in parts):
            return None
        path = self._root.joinpath(*parts).resolve()
        return path if path == self._root or self._root in path.parents else None

    def _send_file_head(self, path: Path) -> BinaryIO | None:
        file = path.open("rb")
        found = os.fstat(file.fileno())
        changed = formatdate(found.st_mtime, usegmt=True)
        if self.headers.get("If-Modified-Since") == changed:
            file.close()
            self._head(HTTPStatus.NOT_MODIFIED, {"Last-Modified": changed})
            return None
        asked = self._range(found.st_size, changed)
        if asked is None:
            file.close()
            self._head(
                HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
                {"Content-Range": f"bytes */{found.st_size}", "Content-Length": "0"},
            )
            return None
        start, end = asked
        file.seek(start)
        self._rest = end - start
        part = self._rest != found.st_size
        self._head(
            HTTPStatus.PARTIAL_CONTENT if part else HTTPStatus.OK,
            {
                "Content-Type": "application/octet-stream",
                "Content-Length": str(self._rest),
                "Last-Modified": changed,
                "Accept-Ranges": "bytes",
                **({"Content-Range": f"bytes {start}-{end - 1}/{found.st_size}"} if part else {}),
            },
        )
        return file

    def _head(self, status: HTTPStatus, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _range(self, size: int, changed: str) -> tuple[int, int] | None:
        """First byte and the one after the last; None: there are no such bytes."""
        asked = _RANGE.match(self.headers.get("Range", ""))
        if not asked or not any(asked.groups()) or self.headers.get("If-Range", changed) != changed:
            return 0, size
        first, last = asked.groups()
        if not first:
            return max(0, size - int(last)), size
        start, end = int(first), min(int(last or size), size - 1) + 1
        return (start, end) if start < end else None
