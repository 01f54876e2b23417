"""A mirror that brings a byte now and then holds nobody for ever."""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest

from qlumod.errors import QlumodError
from qlumod.events import ignore
from qlumod.system.processes.command import CommandFailed, command
from qlumod.system.processes.stalling import Growing, Stalled, run_unless_stalled
from qlumod.workflows import lock as workflow
from tests.lock.build_host import BuildHost, versions
from tests.support.web_server import Quiet, address_of, answering

REMEDY = (
    "\nTo mend it: run it again: what has come is kept, and goes on from there; name another mirror"
    " (--archive NAME=URI), or wait longer (--stall SECONDS)"
)


class Trickling(Quiet):
    """A mirror that sends some files byte by byte, as long as it is asked to."""

    protocol_version = "HTTP/1.1"
    top: ClassVar[str]
    slow: ClassVar[set[str]]
    asked: ClassVar[list[str]]

    def do_GET(self) -> None:  # noqa: N802
        path = Path(self.top + self.path)
        if not path.is_file():
            self.send_error(404)
            return
        data, start = path.read_bytes(), 0
        wanted = self.headers.get("Range")
        if wanted:
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        else:
            self.send_response(200)
        self.asked.append(f"{path.name} from {start}")
        self.send_header("Content-Length", str(len(data) - start))
        self.send_header("Last-Modified", self.date_time_string(int(path.stat().st_mtime)))
        self.end_headers()
        with contextlib.suppress(OSError):
            if path.name not in self.slow:
                self.wfile.write(data[start:])
                return
            self.wfile.write(data[start : start + 100])
            for place in range(start + 100, len(data)):
                self.wfile.write(data[place : place + 1])
                time.sleep(0.2)
                if path.name not in self.slow:
                    self.wfile.write(data[place + 1 :])
                    return


@pytest.fixture
def mirror(host: BuildHost) -> Iterator[type[Trickling]]:
    """The host's archive at such a mirror; what is to be slow is put into `slow`."""
    handler: Any = type("Own", (Trickling,), {"top": str(host.archive), "slow": set(), "asked": []})
    host.offer(host.deb("munge", files={"/usr/share/munge": "x" * 5000}))
    host.spec("slurm", "munge")
    with answering(handler) as server:
        host.release(URI=address_of(server))
        try:
            yield handler
        finally:
            handler.slow.clear()


def lock(host: BuildHost, stall: float) -> workflow.Locked:
    place = replace(host.place, stall=stall)
    return workflow.lock(place, listen=host.events.append)


def fetch(host: BuildHost, stall: float) -> int:
    place = replace(host.place, stall=stall)
    return len(workflow.fetch_modules(place, listen=host.events.append).packages)


@pytest.mark.parametrize("slow", ["InRelease", "Packages.gz"])
def test_indexes_that_hardly_come_are_given_up(
    slow: str, host: BuildHost, mirror: type[Trickling]
) -> None:
    mirror.slow.update({slow, slow.removesuffix(".gz")})
    with pytest.raises(QlumodError) as told:
        lock(host, 2)
    assert str(told.value) == (
        "the archives' indexes came too slowly: less than 1000 bytes a second for 2 seconds"
        + REMEDY
    )
    mirror.slow.clear()
    assert versions(lock(host, 2))["munge"] == "1"


def test_packages_that_hardly_come_are_given_up_and_go_on_from_there(
    host: BuildHost, mirror: type[Trickling]
) -> None:
    lock(host, 60)
    deb = "munge_1_all.deb"
    mirror.slow.add(deb)
    with pytest.raises(QlumodError) as told:
        fetch(host, 2)
    assert str(told.value) == (
        "the packages came too slowly: less than 1000 bytes a second for 2 seconds" + REMEDY
    )
    mirror.slow.clear()
    # Nobody holds the store's lock any more.
    assert fetch(host, 60) >= 1
    starts = [int(line.split()[-1]) for line in mirror.asked if line.startswith(deb)]
    assert starts[0] == 0
    assert starts[-1] >= 100


def test_an_archive_on_request_that_hardly_comes_is_left_out(
    host: BuildHost, mirror: type[Trickling]
) -> None:
    vendor = host.publish("vendor", [host.deb("extra")])
    uri = (host.specs / "release").read_text().partition("URI: ")[2].partition("\n")[0]
    (host.archive / "vendor").symlink_to(vendor.directory)
    host.release(
        URI=f"file://{host.archive}",
        extra=(
            f"\nArchive: vendor\nURI: {uri}/vendor\nSuites: stable\nComponents: main\n"
            f"Key: {vendor.keyring}\nOn-Request: yes\n"
        ),
    )
    host.spec("with-extra", "extra", fields={"Archive": "vendor"})
    mirror.slow.add("InRelease")
    locked = lock(host, 2).lock
    assert dict(locked.left_out) == {"with-extra": "archive vendor: it cannot be read"}


def test_no_limit_is_none(tmp_path: Path) -> None:
    run_unless_stalled(command("sleep", "1"), lambda: 0, what="it", stall=0, listen=ignore)


def test_a_program_that_fails_says_so_itself() -> None:
    with pytest.raises(CommandFailed):
        run_unless_stalled(command("false"), lambda: 0, what="it", stall=60)


def test_what_comes_fast_enough_may_take_its_time() -> None:
    began = time.monotonic()
    run_unless_stalled(
        command("sleep", "3"),
        lambda: int((time.monotonic() - began) * 2000),
        what="it",
        stall=1,
    )


def test_a_program_that_is_given_up_is_ended() -> None:
    with pytest.raises(Stalled):
        run_unless_stalled(command("sleep", "600"), lambda: 0, what="it", stall=1)


def test_what_has_come_counts_also_when_files_are_moved_away(tmp_path: Path) -> None:
    (tmp_path / "old").write_bytes(b"x" * 50)
    came = Growing(tmp_path, tmp_path / "missing")
    assert came() == 0
    (tmp_path / "new").write_bytes(b"x" * 10)
    with (tmp_path / "old").open("ab") as file:
        file.write(b"x" * 5)
    assert came() == 15
    (tmp_path / "new").unlink()
    assert came() == 15
    (tmp_path / "new").write_bytes(b"x" * 3)
    assert came() == 18
