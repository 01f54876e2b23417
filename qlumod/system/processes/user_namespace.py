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
from qlumod.system.processes import map_ids
from qlumod.system.processes.command import command
from qlumod.system.processes.programs import missing_programs
from qlumod.system.processes.run import attempt

_FIRST_NAMESPACE = "user:[4026531837]"
"""The user namespace of the booted kernel (PROC_USER_INIT_INO)."""
_CAP_SYS_ADMIN = 21


class Standing(Enum):
    """As what this process runs."""

    ROOT = auto()
    INSIDE = auto()
    OUTSIDE = auto()


@dataclass(frozen=True, slots=True)
class Range:
    """Ids in a row, such as a line of /etc/subuid gives to a user."""

    first: int
    count: int

    def __iter__(self) -> Iterator[int]:
        return iter(range(self.first, self.first + self.count))

    def __contains__(self, number: int) -> bool:
        return self.first <= number < self.first + self.count


@dataclass(frozen=True, slots=True)
class Mapped:
    """A line of uid_map: ids within a user namespace, and the first of what they are outside."""

    inside: Range
    outside: int

    def __str__(self) -> str:
        """As newuidmap(1) takes it."""
        return f"{self.inside.first} {self.outside} {self.inside.count}"


ALL = Range(1, 65534)
"""All the ids of a Debian system but root's."""
BELOW_USERS = Range(1, 999)
"""The ids that Debian and its packages' scripts give away (policy 9.2.2)."""
BY_DEBIAN = Range(60000, 5000)
"""The ids that Debian gives to packages for good."""
NOBODY = Range(65534, 1)
_NEEDED = (Range(0, 1), BELOW_USERS, BY_DEBIAN, NOBODY)
_START_WITH_MORE = (
    "start it with the ids from 0 to 65534 (such as unshare --map-auto --map-root-user), "
    "or run it as the user outside"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """User ids or group ids, and where the system tells of them."""

    status: str
    mapped: str
    given: str
    option: tuple[str, ...] = ()
    """What makes getsubids(1) tell of them."""

    @property
    def own(self) -> int:
        """This process's effective id as the kernel has it: fakeroot(1) tells another."""
        return int(_status(self.status).split()[1])


_UIDS = _Kind(status="Uid", mapped="/proc/self/uid_map", given="/etc/subuid")
_GIDS = _Kind(status="Gid", mapped="/proc/self/gid_map", given="/etc/subgid", option=("-g",))


@dataclass(frozen=True, slots=True)
class _Switch:
    """A setting of the kernel that keeps users from making user namespaces; see sysctl(8)."""

    name: str
    refusing: int
    allowing: int


_SWITCHES = (
    _Switch("user.max_user_namespaces", 0, 65536),
    _Switch("kernel.unprivileged_userns_clone", 0, 1),
    _Switch("kernel.apparmor_restrict_unprivileged_userns", 1, 0),
)


def standing() -> Standing:
    """As what this process runs."""
    if _UIDS.own or not int(_status("CapEff"), 16) >> _CAP_SYS_ADMIN & 1:
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
    words = (" ".join(map(str, _to_be_mapped(kind))) for kind in (_UIDS, _GIDS))
    return (sys.executable, "-I", "-S", str(Path(map_ids.__file__)), *words)


def require_ids(accounts: Iterable[int] = ()) -> None:
    """Raise `QlumodError` where ids are not to be had that Debian or these accounts need."""
    needed = {number for range_ in _NEEDED for number in range_} | set(accounts)
    for kind in (_UIDS, _GIDS):
        outside = standing() is Standing.OUTSIDE
        there = [line.inside for line in (_to_be_mapped(kind) if outside else _mapped(kind))]
        lacking = [number for number in sorted(needed) if not any(number in r for r in there)]
        if lacking:
            raise QlumodError(
                f"{_cannot()}: it would have no id {lacking[0]} "
                f"({kind.given if outside else kind.mapped})",
                remedy=_more_ids() if outside else _START_WITH_MORE,
            )


def mapping(own: int, given: Sequence[Range]) -> tuple[Mapped, ...]:
    """How to map a user's own id, as root's, and the ids given to it; empty where too few; pure.

    Where they are not enough for all, those that hardly anybody uses are left out.
    """
    available = sum(range_.count for range_ in given)
    spare = available - BY_DEBIAN.count - NOBODY.count
    if spare < BELOW_USERS.count:
        return ()
    lower = Range(1, min(spare, BY_DEBIAN.first - 1))
    wanted = [ALL] if available >= ALL.count else [lower, BY_DEBIAN, NOBODY]
    return (Mapped(Range(0, 1), own), *_filled(wanted, given))


def _filled(wanted: Iterable[Range], given: Iterable[Range]) -> Iterator[Mapped]:
    left = list(given)
    for range_ in wanted:
        first, missing = range_.first, range_.count
        while missing:
            source = left.pop(0)
            count = min(missing, source.count)
            yield Mapped(Range(first, count), source.first)
            first, missing = first + count, missing - count
            if count < source.count:
                left.insert(0, Range(source.first + count, source.count - count))


def _to_be_mapped(kind: _Kind) -> tuple[Mapped, ...]:
    """The ids of a namespace that this user would make."""
    if _UIDS.own == 0:
        raise QlumodError(
            f"{_cannot()}: it has no CAP_SYS_ADMIN, as in a container",
            remedy="give the container that capability (such as docker run --cap-add SYS_ADMIN)",
        )
    for program in missing_programs("newuidmap", "newgidmap", "getsubids"):
        raise QlumodError(
            f"{_cannot()}: {program} is not installed",
            remedy="apt install uidmap, or run it as root",
        )
    given = _given(kind)
    lines = mapping(kind.own, given)
    if not lines:
        number = sum(range_.count for range_ in given)
        few = f"only {number} ids: too few" if number else "no range of ids"
        raise QlumodError(f"{_cannot()}: {kind.given} gives that user {few}", remedy=_more_ids())
    return lines


def _given(kind: _Kind) -> tuple[Range, ...]:
    """The ids that this user has been given; getsubids(1) knows all the places to look."""
    _, stdout, _ = attempt(command("getsubids", *kind.option, _user()))
    rows = (line.split() for line in stdout.decode().splitlines())
    return tuple(Range(int(first), int(count)) for *_, first, count in rows)


def _more_ids() -> str:
    """How to mend it that a user has too few ids: by some that nobody else has."""
    ends = [100000]
    for table in (Path(_UIDS.given), Path(_GIDS.given)):
        rows = table.read_text(encoding="utf-8").splitlines() if table.exists() else []
        ends += [sum(map(int, row.split(":")[1:3])) for row in rows if row.count(":") > 1]
    free = f"{max(ends)}-{max(ends) + ALL.count + 1}"
    return (
        f"usermod --add-subuids {free} --add-subgids {free} {_user()} (as root), or run it as root"
    )


def _mapped(kind: _Kind) -> Iterator[Mapped]:
    """The ids of the namespace that we are in."""
    for line in _read(kind.mapped):
        inside, outside, count = map(int, line.split())
        yield Mapped(Range(inside, count), outside)


def why_not(said: str) -> QlumodError:
    """The error for namespaces that the kernel refuses to make, and what it is that refuses.

    `said` is what the attempt printed.
    """
    if standing() is not Standing.OUTSIDE:
        reason = "namespaces cannot be made here"
        remedy = "run it outside of this chroot or container"
    elif switch := next(filter(_refuses, _SWITCHES), None):
        reason = f"the kernel makes no user namespaces ({switch.name} is {switch.refusing})"
        remedy = f"sysctl {switch.name}={switch.allowing} (as root), or run it as root"
    elif map_ids.REFUSED in said:
        reason = "the kernel makes no user namespaces in a chroot, nor where a container forbids it"
        remedy = (
            "run it as root (in sbuild: $build_user = 'root'; or SBUILD_ENABLE_PIVOT_ROOT=1, "
            "where sbuild knows it)"
        )
    else:
        reason, remedy = "namespaces cannot be made here", "run it as root"
    return QlumodError(f"{_cannot()}: {reason}", details=said.splitlines(), remedy=remedy)


def _refuses(switch: _Switch) -> bool:
    place = Path("/proc/sys", *switch.name.split("."))
    return place.exists() and int(place.read_text(encoding="utf-8")) == switch.refusing


def is_mount_point(path: str) -> bool:
    """Whether something is mounted at a path; a chroot's ``/`` seldom is (proc(5))."""
    return any(line.split()[4] == path for line in _read("/proc/self/mountinfo"))


def _cannot() -> str:
    if standing() is Standing.INSIDE:
        return "cannot build as root of this user namespace"
    return f"cannot build as user {_user()}"


def _user() -> str:
    """The name of the user who runs this, or its number."""
    try:
        return pwd.getpwuid(_UIDS.own).pw_name
    except KeyError:
        return str(_UIDS.own)


def _status(field: str) -> str:
    rows = (line.partition(":") for line in _read("/proc/self/status"))
    return next(value.strip() for name, _, value in rows if name == field)


def _read(path: str) -> list[str]:
    return Path(path).read_text(encoding="utf-8").splitlines()
