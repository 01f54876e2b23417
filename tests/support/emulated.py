"""A machine in QEMU: every instruction is emulated, so what several boots share is done once.

`Emulated.save` writes a machine that stands still to a file. Machines that begin with this file go
on from there, each as if it were the one that has booted.
"""

import json
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PATIENCE = 600.0
"""Seconds: a minute or two on an idle machine."""
_HARDWARE = (
    # Page tables of five levels and what guards against faults of processors cost much here.
    "-accel", "tcg,thread=multi", "-cpu", "max,la57=off", "-smp", "2", "-m", "1536",
    "-display", "none", "-nodefaults", "-no-reboot", "-device", "virtio-rng-pci",
    "-netdev", "user,id=net", "-device", "virtio-net-pci,netdev=net",
)  # fmt: skip
ARGUMENTS = "console=ttyS0 quiet nokaslr cryptomgr.notests mitigations=off panic=1"
"""Arguments of the kernel that make it quick, and end the machine where it cannot go on."""


@dataclass(frozen=True)
class Emulated:
    """A machine that runs."""

    process: "subprocess.Popen[bytes]"
    monitor: socket.socket
    place: Path

    def begin(self) -> None:
        """Let the monitor take commands, and write machines to files as quickly as it can."""
        self._ask("qmp_capabilities")
        self._ask("migrate-set-parameters", **{"max-bandwidth": 1 << 34})

    def save(self, state: Path) -> None:
        """Let it stand still, and write it to a file."""
        self._ask("stop")
        self._ask("migrate", uri=f"exec:cat >'{state}'")
        self._until("query-migrate", lambda found: found.get("status") == "completed")

    def go_on(self) -> None:
        """Let a machine go on that stands still."""
        self._until("query-status", lambda found: found["status"] != "inmigrate")
        self._ask("cont")

    def console(self) -> str:
        """What its console has said when it is off."""
        assert self.process.wait(PATIENCE) == 0, (self.place / "errors").read_text()
        return (self.place / "console").read_text(errors="replace")

    def _ask(self, command: str, **given: object) -> Any:
        """The answer of QEMU's monitor (QMP); what it tells unasked is passed over."""
        self.monitor.sendall(json.dumps({"execute": command, "arguments": given}).encode())
        for line in self._lines():
            assert "error" not in line, (command, line)
            if "return" in line:
                return line["return"]
        raise AssertionError(f"{command}: QEMU has ended")

    def _lines(self) -> Iterator[dict[str, Any]]:
        with self.monitor.makefile("rb", buffering=0) as lines:
            yield from map(json.loads, lines)

    def _until(self, question: str, answered: Callable[[dict[str, Any]], bool]) -> None:
        end = time.monotonic() + PATIENCE
        while not answered(found := self._ask(question)):
            assert time.monotonic() < end, (question, found)
            assert found.get("status") != "failed", (question, found)
            time.sleep(0.05)


@contextmanager
def emulated(
    program: str, place: Path, files: Sequence[str | Path], *, saved: Path | None = None
) -> Iterator[Emulated]:
    """A machine that starts with these options of QEMU, or goes on from a file with them."""
    place.mkdir()
    words = (
        program, *_HARDWARE, *files, "-serial", f"file:{place / 'console'}",
        "-qmp", f"unix:{place / 'monitor'},server=on",
        *(("-incoming", f"exec:cat '{saved}'") if saved else ()),
    )  # fmt: skip
    with (place / "errors").open("w") as errors:
        process = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors
        )
    try:
        with _monitor(process, place / "monitor") as monitor:
            machine = Emulated(process, monitor, place)
            machine.begin()
            if saved:
                machine.go_on()
            yield machine
    finally:
        process.kill()
        process.wait()


@contextmanager
def _monitor(process: "subprocess.Popen[bytes]", place: Path) -> Iterator[socket.socket]:
    """The connection to the monitor; the machine starts when there is one."""
    with socket.socket(socket.AF_UNIX) as monitor:
        monitor.settimeout(PATIENCE)
        while True:
            try:
                monitor.connect(str(place))
                break
            except (FileNotFoundError, ConnectionRefusedError):
                assert process.poll() is None, f"QEMU has ended, see {place.parent}"
                time.sleep(0.02)
        yield monitor
