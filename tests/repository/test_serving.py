"""qlumod serve: files by GET and HEAD, nothing that is hidden or outside, no client that stays."""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest

from qlumod.errors import QlumodError
from qlumod.events import Output, ignore
from qlumod.repository.verbs.serve import LIMITS, ServeLimits, server
from tests.support.web_server import running


@contextmanager
def serves(
    root: Path, heard: list[object], limits: ServeLimits = LIMITS
) -> Iterator[tuple[str, int]]:
    """The address that a directory is served at."""
    with server(root, "127.0.0.1", 0, limits=limits, listen=heard.append) as made, running(made):
        yield "127.0.0.1", made.server_port


@pytest.fixture
def heard() -> list[object]:
    """What was announced."""
    return []


@pytest.fixture
def address(tmp_path: Path, heard: list[object]) -> Iterator[tuple[str, int]]:
    root = tmp_path / "served"
    (root / "pool").mkdir(parents=True)
    (root / ".qlumod").mkdir()
    (root / ".qlumod/settings").write_text("hidden")
    (root / "pool/file").write_bytes(b"0123456789")
    (root / "pool/empty").touch()
    (tmp_path / "secret").write_text("outside")
    (root / "pool/out").symlink_to(tmp_path / "secret")
    (root / "in").symlink_to("pool/file")
    (root / "shown").symlink_to(".qlumod/settings")
    (root / "loop").symlink_to("loop")
    (root / "index.html").write_text("a page")
    (root / "pool/name with blank").write_text("blank")
    os.mkfifo(root / "pool/fifo")
    with serves(root, heard) as address:
        yield address


@pytest.fixture
def connection(address: tuple[str, int]) -> Iterator[HTTPConnection]:
    made = HTTPConnection(*address, timeout=10)
    yield made
    made.close()


def ask(
    connection: HTTPConnection, path: str, method: str = "GET", **headers: str
) -> tuple[HTTPResponse, bytes]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, headers=named)
    answer = connection.getresponse()
    return answer, answer.read()


@pytest.mark.parametrize("asked", ["bytes=3-", "bytes=-", "bytes=9-1", f"bytes={'9' * 5000}-", "x"])
def test_a_range_is_answered_by_the_whole(connection: HTTPConnection, asked: str) -> None:
    answer, body = ask(connection, "/pool/file", Range=asked)
    assert (answer.status, body) == (200, b"0123456789")


def test_a_connection_serves_many_requests_one_after_the_other(connection: HTTPConnection) -> None:
    answers = [
        ask(connection, path, method)
        for path, method in (
            ("/pool/file", "HEAD"),
            ("/in", "GET"),
            ("/none", "GET"),
            ("/pool/empty", "GET"),
            ("/pool/file", "GET"),
        )
    ]
    assert [(answer.status, body) for answer, body in answers if answer.status == 200] == [
        (200, b""),
        (200, b"0123456789"),
        (200, b""),
        (200, b"0123456789"),
    ]
    assert answers[0][0].getheader("Content-Length") == "10"


@pytest.mark.parametrize(
    "path",
    [
        "/.qlumod/settings",
        "/shown",
        "/pool/out",
        "/pool/../../secret",
        "/%2e%2e/secret",
        "/pool/%2e%2e/pool/file",
        "/%2e%2e%2fsecret",
        "//etc/passwd",
        "/%2fetc/passwd",
        "/..%00/secret",
        "/pool/file%00",
        "/%ff%fe",
        "/" + "a" * 5000,
        "*",
        "/none",
        "/pool/file/x",
        "/pool/fifo",
        "/loop",
        "/pool/",
        "/pool",
        "/",
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_what_is_hidden_or_outside_or_no_file_is_not_there(
    connection: HTTPConnection, heard: list[object], path: str, method: str
) -> None:
    assert ask(connection, path, method)[0].status == 404
    assert all(isinstance(event, Output) and "Traceback" not in event.line for event in heard)


def test_a_name_is_taken_as_it_is_quoted(connection: HTTPConnection) -> None:
    assert ask(connection, "/pool/name%20with%20blank?x=y#z")[1] == b"blank"
    assert ask(connection, "//pool//file")[1] == b"0123456789"
    assert ask(connection, "/index.html")[1] == b"a page"


def test_what_was_not_changed_is_not_sent_again(connection: HTTPConnection) -> None:
    first, _ = ask(connection, "/pool/file")
    changed = first.getheader("Last-Modified") or ""
    again, body = ask(connection, "/pool/file", If_Modified_Since=changed)
    assert (again.status, body) == (304, b"")


def test_nothing_can_be_written(connection: HTTPConnection) -> None:
    assert ask(connection, "/pool/file", "PUT")[0].status == 501


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    with server(tmp_path, "127.0.0.1", 0, listen=ignore) as made:
        port = made.server_address[1]
        with (
            pytest.raises(QlumodError) as refused,
            server(tmp_path, "127.0.0.1", port, listen=ignore),
        ):
            pass
    assert refused.value.brief == f"cannot serve at 127.0.0.1:{port}: Address already in use"


def test_a_host_that_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(QlumodError) as refused, server(tmp_path, "::1", 0, listen=ignore):
        pass
    assert refused.value.brief == (
        "cannot serve at ::1:0: Address family for hostname not supported"
    )


def sent(address: tuple[str, int], data: bytes) -> bytes:
    """What comes back of some bytes, until the server hangs up."""
    with socket.create_connection(address, timeout=10) as client:
        client.sendall(data)
        answer = b""
        with suppress(ConnectionResetError):
            while more := client.recv(4096):
                answer += more
        return answer


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        (b"\x16\x03\x01\x00\xa5\x01\r\n\r\n", b"400"),
        (b"GET\r\n\r\n", b"400"),
        (b"GET / HTTP/9.9.9\r\n\r\n", b"400"),
        (b"GET http://[/ HTTP/1.1\r\n\r\n", b"404"),
        (b"GET /\x1b[2J HTTP/1.1\r\n\r\n", b"404"),
        (b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 200 + b"\r\n", b"431"),
        (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n", b"414"),
    ],
)
def test_a_request_that_is_none_is_refused(
    address: tuple[str, int], heard: list[object], request_: bytes, answer: bytes
) -> None:
    assert answer in sent(address, request_).partition(b"\r\n")[0]
    assert all(isinstance(event, Output) and event.line.isprintable() for event in heard)


HASTY = ServeLimits(patience=0.2)


@pytest.mark.parametrize("data", [b"", b"GET", b"GET / HTTP/1.1\r\nHost: x\r\n"])
def test_a_client_that_asks_nothing_is_hung_up_on(
    data: bytes, tmp_path: Path, heard: list[object]
) -> None:
    with serves(tmp_path, heard, HASTY) as address:
        assert sent(address, data) == b""


def test_a_client_that_asks_letter_by_letter_is_hung_up_on(
    tmp_path: Path, heard: list[object]
) -> None:
    with (
        serves(tmp_path, heard, HASTY) as address,
        socket.create_connection(address, timeout=10) as client,
        pytest.raises(OSError, match=r"Broken pipe|reset"),
    ):
        while True:
            client.send(b"A")
            threading.Event().wait(0.05)


def test_a_client_that_takes_nothing_is_hung_up_on(tmp_path: Path, heard: list[object]) -> None:
    (tmp_path / "long").write_bytes(bytes(64 << 20))
    with (
        serves(tmp_path, heard, HASTY) as address,
        socket.create_connection(address, timeout=10) as client,
    ):
        client.sendall(b"GET /long HTTP/1.1\r\n\r\n")
        while not any(isinstance(e, Output) and "timed out" in e.line for e in heard):
            threading.Event().wait(0.05)


def test_no_more_than_so_many_are_served_at_once(tmp_path: Path, heard: list[object]) -> None:
    (tmp_path / "file").write_text("file")
    with serves(tmp_path, heard, ServeLimits(connections=2)) as address:
        first, second = (HTTPConnection(*address, timeout=10) for _ in range(2))
        for connection in (first, second):
            assert ask(connection, "/file")[1] == b"file"
        assert sent(address, b"GET /file HTTP/1.1\r\n\r\n") == b""
        first.close()
        while not sent(address, b"GET /file HTTP/1.0\r\n\r\n"):
            threading.Event().wait(0.05)
        second.close()
