"""qlumod serve: ranges, and nothing that is hidden or outside."""

import threading
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest

from qlumod.errors import QlumodError
from qlumod.events import ignore
from qlumod.repository.serving import server


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[HTTPConnection]:
    root = tmp_path / "served"
    (root / "pool").mkdir(parents=True)
    (root / ".qlumod").mkdir()
    (root / ".qlumod/settings").write_text("hidden")
    (root / "pool/file").write_bytes(b"0123456789")
    (root / "pool/empty").touch()
    (tmp_path / "secret").write_text("outside")
    (root / "pool/out").symlink_to(tmp_path / "secret")
    (root / "in").symlink_to("pool/file")
    with server(root, "127.0.0.1", 0, listen=ignore) as serving:
        thread = threading.Thread(target=serving.serve_forever, daemon=True)
        thread.start()
        made = HTTPConnection("127.0.0.1", serving.server_address[1], timeout=10)
        yield made
        made.close()
        serving.shutdown()
        thread.join()


def ask(
    connection: HTTPConnection, path: str, method: str = "GET", **headers: str
) -> tuple[HTTPResponse, bytes]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, headers=named)
    answer = connection.getresponse()
    return answer, answer.read()


RANGES = {
    "bytes=0-": (200, b"0123456789", None),
    "bytes=3-": (206, b"3456789", "bytes 3-9/10"),
    "bytes=3-5": (206, b"345", "bytes 3-5/10"),
    "bytes=-4": (206, b"6789", "bytes 6-9/10"),
    "bytes=-40": (200, b"0123456789", None),
    "bytes=8-99": (206, b"89", "bytes 8-9/10"),
    "bytes=10-": (416, b"", "bytes */10"),
    "bytes=5-3": (416, b"", "bytes */10"),
    "bytes=-": (200, b"0123456789", None),
    "lines=1-2": (200, b"0123456789", None),
}


@pytest.mark.parametrize("asked", RANGES)
def test_a_range_is_answered(connection: HTTPConnection, asked: str) -> None:
    answer, body = ask(connection, "/pool/file", Range=asked)
    assert (answer.status, body, answer.getheader("Content-Range")) == RANGES[asked]


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
        "/pool/out",
        "/pool/../../secret",
        "/%2e%2e/secret",
        "/none",
        "/pool/file/x",
    ],
)
def test_what_is_hidden_or_outside_is_not_there(connection: HTTPConnection, path: str) -> None:
    assert ask(connection, path)[0].status == 404


def test_a_directory_lists_what_is_not_hidden(connection: HTTPConnection) -> None:
    assert ask(connection, "/")[1].decode() == (
        '<a href="in">in</a><br>\n<a href="pool/">pool/</a><br>\n'
    )


def test_what_was_not_changed_is_not_sent_again(connection: HTTPConnection) -> None:
    first, _ = ask(connection, "/pool/file")
    changed = first.getheader("Last-Modified") or ""
    again, body = ask(connection, "/pool/file", If_Modified_Since=changed)
    assert (again.status, body) == (304, b"")
    other, whole = ask(connection, "/pool/file", Range="bytes=3-", If_Range="another time")
    assert (other.status, whole) == (200, b"0123456789")


def test_nothing_can_be_written(connection: HTTPConnection) -> None:
    assert ask(connection, "/pool/file", "PUT")[0].status == 501


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    with server(tmp_path, "127.0.0.1", 0, listen=ignore) as serving:
        port = serving.server_address[1]
        with (
            pytest.raises(QlumodError) as refused,
            server(tmp_path, "127.0.0.1", port, listen=ignore),
        ):
            pass
    assert refused.value.brief == f"cannot serve at 127.0.0.1:{port}: Address already in use"
