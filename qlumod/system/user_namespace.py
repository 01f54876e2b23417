"""What this process may do: it is root, root of a user namespace, or may make such a namespace.

Builds need many user ids, mounts and a root's rights. Root has them all (`ROOT`). Root of a user
namespace, as in containers, has no loop devices and no ``trusted.*`` attributes (`INSIDE`). An
ordinary user makes a user namespace of the ids that /etc/subuid and /etc/subgid give (`OUTSIDE`),
and is `INSIDE` then.
"""

import os
import pwd
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.system import map_ids
from qlumod.system.run import attempt, command, missing_programs

_FIRST_NAMESPACE = "user:[4026531837]"
"""The user namespace of the booted kernel (PROC_USER_INIT_INO)."""
_CAP_SYS_ADMIN = 21
_ALL = 65535
"""The ids 0 to 65534, nobody's: what Debian's own tools take for granted."""
_DEBIAN = (60000, 5000)
"""The ids 60000 to 64999, which Debian gives to packages for good (policy 9.2.2)."""
_LEAST = 6000
"""As many ids hold those below 1000, Debian's own, and nobody's."""


class Standing(Enum):
    """As what this process runs."""

    ROOT = auto()
    INSIDE = auto()
    OUTSIDE = auto()


@dataclass(frozen=True, slots=True)
class Range:
    """Ids that a user has been given, as /etc/subuid has them."""

    first: int
    count: int


@dataclass(frozen=True, slots=True)
class Mapped:
    """A line of uid_map: ids within a user namespace, and what they are outside."""

    inside: int
    outside: int
    count: int


def standing() -> Standing:
    """As what this process runs."""
    if _own_id("Uid") or not int(_status("CapEff"), 16) >> _CAP_SYS_ADMIN & 1:
        return Standing.OUTSIDE
    first = os.readlink("/proc/self/ns/user") == _FIRST_NAMESPACE  # noqa: PTH115 - no path
    return Standing.ROOT if first else Standing.INSIDE


def confined() -> bool:
    """Whether there are no loop devices and no ``trusted.*`` attributes for us."""
    return standing() is not Standing.ROOT


def as_root() -> tuple[str, ...]:
    """The words before a program that make it root of many ids; none where it is root already.

    Raises `QlumodError` where we have not what it takes.
    """
    if standing() is not Standing.OUTSIDE:
        return ()
    if _own_id("Uid") == 0:
        raise QlumodError(
            f"{_cannot()}: it has no CAP_SYS_ADMIN, as in a container",
            remedy="give the container that capability (such as docker run --cap-add SYS_ADMIN)",
        )
    missing = missing_programs("newuidmap", "newgidmap", "getsubids")
    if missing:
        raise QlumodError(
            f"{_cannot()}: {missing[0]} is not installed",
            remedy="apt install uidmap, or run it as root",
        )
    words = [
        " ".join(f"{m.inside} {m.outside} {m.count}" for m in mapping(own, _ranges(table)))
        for own, table in ((_own_id("Uid"), "/etc/subuid"), (_own_id("Gid"), "/etc/subgid"))
    ]
    return (sys.executable, "-I", "-S", str(Path(map_ids.__file__)), *words)


def require_ids() -> None:
    """Raise `QlumodError` where ids are not there that every Debian root has."""
    match standing():
        case Standing.INSIDE:
            _require_mapped()
        case Standing.OUTSIDE:
            as_root()


def _require_mapped() -> None:
    for table in ("/proc/self/uid_map", "/proc/self/gid_map"):
        rows = [tuple(map(int, line.split())) for line in _read(table)]
        ids = sum(min(first + count, _ALL) - min(first, _ALL) for first, _, count in rows)
        if ids < _ALL:
            raise QlumodError(
                f"{_cannot()}: it has {ids} ids, and all from 0 to 65534 are needed ({table})",
                remedy="start it with more ids (such as unshare --map-auto --map-root-user), "
                "or run it as the user outside",
            )


def mapping(own: int, given: Sequence[Range]) -> tuple[Mapped, ...]:
    """How to map a user's own id, as root's, and the ids given to it; pure.

    Where these are fewer than 65534, those that nobody uses are left out.
    """
    available = sum(given_.count for given_ in given)
    if available >= _ALL:
        wanted = [Range(1, _ALL)]
    else:
        below = min(available - _DEBIAN[1] - 1, _DEBIAN[0] - 1)
        wanted = [Range(1, below), Range(*_DEBIAN), Range(_ALL - 1, 1)]
    return (Mapped(0, own, 1), *_filled(wanted, given))


def _filled(wanted: Iterable[Range], given: Iterable[Range]) -> Iterator[Mapped]:
    left = list(given)
    for range_ in wanted:
        first, missing = range_.first, range_.count
        while missing:
            source = left.pop(0)
            count = min(missing, source.count)
            yield Mapped(first, source.first, count)
            first, missing = first + count, missing - count
            if count < source.count:
                left.insert(0, Range(source.first + count, source.count - count))


def _ranges(table: str) -> tuple[Range, ...]:
    """The ids that the user has been given; getsubids(1) knows all the places to look."""
    user = _user()
    words = ("getsubids", *(("-g",) if table == "/etc/subgid" else ()), user)
    _, stdout, _ = attempt(command(*words))
    rows = [line.split() for line in stdout.decode().splitlines()]
    ranges = tuple(Range(int(first), int(count)) for *_, first, count in rows)
    available = sum(range_.count for range_ in ranges)
    if available < _LEAST:
        free = _first_free_id()
        few = f"only {available} ids, and {_LEAST} are needed" if available else "no range of ids"
        raise QlumodError(
            f"{_cannot()}: {table} gives that user {few}",
            remedy=f"usermod --add-subuids {free}-{free + _ALL} --add-subgids "
            f"{free}-{free + _ALL} {user} (as root), or run it as root",
        )
    return ranges


def _first_free_id() -> int:
    """An id from which on nobody has been given any, to propose."""
    ends = [100000]
    for table in (Path("/etc/subuid"), Path("/etc/subgid")):
        rows = table.read_text(encoding="utf-8").splitlines() if table.exists() else []
        ends += [int(row.split(":")[1]) + int(row.split(":")[2]) for row in rows if ":" in row]
    return max(ends)


def why_not() -> QlumodError:
    """The error for namespaces that the kernel refuses to make, and what it is that refuses."""
    if standing() is not Standing.OUTSIDE:
        return QlumodError(
            f"{_cannot()}: namespaces cannot be made here",
            remedy="run it where root may make them (not in a chroot, nor in a container that "
            "forbids it)",
        )
    for switch, refusing, allowing in (
        ("user.max_user_namespaces", 0, 65536),
        ("kernel.unprivileged_userns_clone", 0, 1),
        ("kernel.apparmor_restrict_unprivileged_userns", 1, 0),
    ):
        place = Path("/proc/sys", *switch.split("."))
        if place.exists() and int(place.read_text(encoding="utf-8")) == refusing:
            return QlumodError(
                f"{_cannot()}: the kernel allows no user namespaces ({switch} is {refusing})",
                remedy=f"sysctl {switch}={allowing} (as root), or run it as root",
            )
    if not is_mount_point("/"):
        return QlumodError(
            f"{_cannot()}: this is a chroot, and the kernel makes no user namespaces in one",
            remedy="run it as root (in sbuild: $build_user = 'root'; or, where sbuild knows it, "
            "SBUILD_ENABLE_PIVOT_ROOT=1)",
        )
    return QlumodError(f"{_cannot()}: namespaces cannot be made here", remedy="run it as root")


def is_mount_point(path: str) -> bool:
    """Whether something is mounted at a path; a chroot's ``/`` seldom is (proc(5))."""
    return any(line.split()[4] == path for line in _read("/proc/self/mountinfo"))


def _user() -> str:
    """The name of the user who runs this, or its number."""
    try:
        return pwd.getpwuid(_own_id("Uid")).pw_name
    except KeyError:
        return str(_own_id("Uid"))


def _cannot() -> str:
    if _own_id("Uid"):
        return f"cannot build as user {_user()}"
    inside = standing() is Standing.INSIDE
    return "cannot build as root of this user namespace" if inside else "cannot build as root"


def _own_id(kind: str) -> int:
    """The effective ``Uid`` or ``Gid`` as the kernel has it: fakeroot(1) tells another."""
    return int(_status(kind).split()[1])


def _status(field: str) -> str:
    rows = (line.partition(":") for line in _read("/proc/self/status"))
    return next(value.strip() for name, _, value in rows if name == field)


def _read(path: str) -> list[str]:
    return Path(path).read_text(encoding="utf-8").splitlines()
