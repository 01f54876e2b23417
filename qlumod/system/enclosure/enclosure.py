"""Running programs of packages: they see their root and nothing of the host.

bubblewrap (bwrap(1)) starts them in namespaces of their own, where the root is ``/``: without
network, without the host's processes, with a bare /dev, a read-only /proc, an empty /sys, no
controlling terminal, and no more capabilities than dpkg and maintainer scripts need. A filter of
system calls (`syscalls`) and limits (`limits`) apply to them. When the program ends, all processes
that it has started end, too; those that had to be ended are reported.

No other module may run programs of packages. SECURITY.md describes the protection and its limits.
"""

import errno
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.events import Caution, Listener, ignore
from qlumod.system.disk.removal import clear_directory
from qlumod.system.disk.within import Root
from qlumod.system.enclosure.bubblewrap import BOUNDED, SURROUNDINGS, Shown, kernel_words
from qlumod.system.enclosure.cgroups import ControlGroup, control_group
from qlumod.system.enclosure.syscalls import filter_program
from qlumod.system.processes import limits
from qlumod.system.processes.command import Command, CommandFailed, FellSilent, command
from qlumod.system.processes.limits import LimitMet, Limits
from qlumod.system.processes.run import Streams, capture, hand_over, run

_TOP_LINKS = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
_OF_HOST = ("alternatives", "ld.so.cache", "ld.so.conf", "ld.so.conf.d")
"""The files of the host's /etc that its programs need."""
_VAR_TMP = "/var/tmp"
_POINTS = ("/dev", "/proc", "/run", "/sys", "/tmp")
"""The mount points of every enclosure."""
_REPORTED = 64 << 10
"""Bytes of a report that are read."""
_SIGNALLED = 128
_MORE_ROOM = (
    "roots are unpacked in memory where there is much of it, else in the work directory: "
    "build with fewer --jobs, or make room there"
)
_NAMED = 10
"""How many of the processes that a program has left are named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosure:
    """An enclosure for programs, which share its /run and /tmp; both are empty at first."""

    top: tuple[str, ...]
    """bubblewrap's options that make ``/``."""
    home: Path
    """A directory of its own, outside of the root."""
    root: Root | None = None
    """The root in ``/`` if programs of packages have written it; None: it is the host's."""
    shown: tuple[Shown, ...] = ()

    @property
    def run_directory(self) -> Root:
        """The directory that is /run inside."""
        return Root(self.home / "run")

    @property
    def temporary(self) -> Root:
        """The directory that is /tmp inside."""
        return Root(self.home / "tmp")

    def showing(self, *shown: Shown) -> "Enclosure":
        """The same, with more of the host visible."""
        return replace(self, shown=(*self.shown, *shown))

    def run(
        self,
        *words: str,
        epoch: int = 0,
        environment: Mapping[str, str] | None = None,
        stdin: bytes = b"",
        listen: Listener = ignore,
    ) -> None:
        """Run a program with the surroundings that maintainer scripts expect.

        Raises `CommandFailed`; if a limit ended it, a `LimitMet`.
        """
        with self._entered(words, epoch, environment, stdin, listen) as call:
            run(call, listen=listen)

    def capture(
        self, *words: str, epoch: int = 0, environment: Mapping[str, str] | None = None
    ) -> bytes:
        """Run a program and return its standard output; raises as `run`."""
        with self._entered(words, epoch, environment, b"", ignore) as call:
            return capture(call)

    def attend(
        self,
        *words: str,
        streams: Streams,
        environment: Mapping[str, str] | None = None,
        listen: Listener = ignore,
    ) -> int:
        """Run a program that uses these streams itself; returns its status as a shell tells it."""
        with self._entered(words, 0, environment, b"", listen) as call:
            return hand_over(call, streams)

    @contextmanager
    def _entered(
        self,
        words: tuple[str, ...],
        epoch: int,
        environment: Mapping[str, str] | None,
        stdin: bytes,
        listen: Listener,
    ) -> Iterator[Command]:
        """The call of a program; at the end, the limits it met and the processes it left."""
        self._require_plain_points()
        bounds, report = limits.in_force(), self.home / "report"
        with control_group(bounds) as own:
            call = replace(
                self._call(words, bounds, own, report),
                environment=_environment(epoch, environment),
                stdin=stdin,
                silence=bounds.silence,
            )
            try:
                yield call
            except CommandFailed as failed:
                raise limits.explained(
                    _as_it_ended(failed), bounds, met=own.met, counted=own.counted
                ) from failed
            finally:
                _tell_left(report, call, listen)
            if own.met:
                raise LimitMet(call, bounds, min(own.met))

    def _require_plain_points(self) -> None:
        """Raise an error if a program has put a link into the path of a mount point.

        bubblewrap would follow it, while it still sees the host's tree.
        """
        for point in (*_POINTS, *(shown.name for shown in self.shown)):
            tree, path = self._tree_of(point)
            if tree and not tree.is_plain(path):
                raise QlumodError(
                    f"{point} within the root is no directory, or lies below a link",
                    remedy="the enclosure of programs is mounted there: see which package's script "
                    "has changed it",
                )

    def _tree_of(self, point: str) -> tuple[Root | None, str]:
        """The tree that contains a path, and the path in it."""
        for top, tree in (("/run/", self.run_directory), ("/tmp/", self.temporary)):
            if point.startswith(top):
                return tree, point.removeprefix(top.rstrip("/"))
        return self.root, point

    def _call(
        self, words: tuple[str, ...], bounds: Limits, own: ControlGroup, report: Path
    ) -> Command:
        return replace(
            command(
                "/bin/sh", _script("enter.sh"), self.home / "filter", report,
                " ".join(map(str, own.joining)),
                # Python and sh ignore some signals: that a file grows too large would go unnoticed.
                "env", "--default-signal", "--",
                "prlimit", *bounds.for_each(own.counted),
                *BOUNDED,
                "bwrap", *SURROUNDINGS, "--seccomp", "4",
                *self.top, *kernel_words(self.home / "empty"),
                "--bind", self.home / "run", "/run",
                "--bind", self.home / "tmp", "/tmp",
                *(word for shown in self.shown for word in shown.words),
                "--chdir", "/", "--",
                "sh", "-c", _first_program(), "sh", *words,
            ),
            spoken=words,
        )  # fmt: skip


@contextmanager
def enclosed(root: Root, *shown: Shown, writable: bool = True) -> Iterator[Enclosure]:
    """An enclosure for programs of a root, which see the root and `shown`, during the block.

    If the root is not `writable`, they can write only to /run, /tmp and /var/tmp.
    """
    with _home(root.place.parent) as home:
        top = Shown(source=root.place, name="/", writable=writable)
        scratch = Shown(source=home / "tmp", name=_VAR_TMP, writable=True)
        own = [] if writable or not root.is_directory(_VAR_TMP) else [scratch]
        yield Enclosure(top=top.words, home=home, root=root, shown=(*own, *shown))


@contextmanager
def beside(parent: Path, *shown: Shown, settings: Mapping[str, str]) -> Iterator[Enclosure]:
    """Let programs of the host process files of packages: of the host they see /usr only.

    `settings` are the files that they find below /etc, by path. Files that they need outside of the
    enclosure are below `parent` meanwhile.
    """
    with _home(parent) as home:
        etc = Root(home / "etc")
        etc.place.mkdir()
        for path, text in settings.items():
            etc.write(path, text.encode())
        links = [name for name in _TOP_LINKS if Path("/", name).is_symlink()]
        lying = [name for name in _TOP_LINKS if name not in links and Path("/", name).is_dir()]
        of_host = [name for name in _OF_HOST if Path("/etc", name).exists()]
        top = (
            "--ro-bind", "/usr", "/usr",
            # Locally installed programs in it are not used.
            "--tmpfs", "/usr/local",
            *(word for n in links for word in ("--symlink", str(Path("/", n).readlink()), f"/{n}")),
            *(word for n in lying for word in ("--ro-bind", f"/{n}", f"/{n}")),
            "--bind", str(etc.place), "/etc",
            *(word for n in of_host for word in ("--ro-bind", f"/etc/{n}", f"/etc/{n}")),
            "--tmpfs", "/var",
        )  # fmt: skip
        yield Enclosure(top=top, home=home, shown=shown)


@contextmanager
def _home(parent: Path) -> Iterator[Path]:
    home = Path(tempfile.mkdtemp(prefix=".enclosure-", dir=parent))
    try:
        (home / "filter").write_bytes(filter_program())
        for name, mode in (("empty", 0o555), ("run", 0o755), ("run/lock", 0o1777), ("tmp", 0o1777)):
            (home / name).mkdir()
            (home / name).chmod(mode)
        yield home
    finally:
        clear_directory(home)


_ALIKE = {"FORCE_SOURCE_DATE": "1", "PERL_HASH_SEED": "0", "PYTHONHASHSEED": "0"}
"""What makes programs write the same bytes again: TeX's dates are SOURCE_DATE_EPOCH (its formats
contain them), and the keys of hashes have no random order (perlrun(1), python3(1))."""


def _environment(epoch: int, more: Mapping[str, str] | None) -> dict[str, str]:
    return {
        "HOME": "/root",
        "DEBIAN_FRONTEND": "noninteractive",
        "DEBCONF_NONINTERACTIVE_SEEN": "true",
        "SOURCE_DATE_EPOCH": str(epoch),
        # As in a chroot, which systemctl(1) does not recognise here: it asks no system.
        "SYSTEMD_OFFLINE": "1",
        **_ALIKE,
        **(more or {}),
    }


def _script(name: str) -> Path:
    return Path(str(resources.files("qlumod.system.enclosure").joinpath(name)))


@cache
def _first_program() -> str:
    return _script("enclosed.sh").read_text(encoding="utf-8")


def _as_it_ended(failed: CommandFailed) -> CommandFailed:
    """The failure with the signal that ended the program, and a remedy if the disk is full.

    `enclosed.sh` reports a signal as a shell does: 128 plus its number (sh(1)).
    """
    if isinstance(failed, FellSilent):
        return failed
    status = failed.status if failed.status <= _SIGNALLED else _SIGNALLED - failed.status
    full = any(os.strerror(errno.ENOSPC) in line for line in failed.tail)
    return CommandFailed(failed.command, status, failed.tail, remedy=_MORE_ROOM if full else "")


def _tell_left(report: Path, call: Command, listen: Listener) -> None:
    """Announce the processes that a program has left, as `enclosed.sh` reports them."""
    text = ""
    if report.exists():
        with report.open("rb") as source:
            text = source.read(_REPORTED).decode("utf-8", "replace")
    report.unlink(missing_ok=True)
    names = re.findall(r"^[!-~ ]+ \(\d+\)$", text, re.MULTILINE)
    if names:
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        listen(
            Caution(
                text=f"{call.program} left processes behind, which were ended: "
                f"{', '.join(names[:_NAMED])}{more}"
            )
        )
