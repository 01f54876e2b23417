"""Building without root: what ids are mapped, and what is said where it cannot be."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest

from qlumod.system.processes.user_namespace import Range, mapping
from tests.conftest import ROOT
from tests.support.ordinary import ID, NAME, PYTHON, SUBIDS, User, ordinary_user

ASK = """
import sys
from qlumod.errors import QlumodError
from qlumod.system.processes.namespace import require
try:
    require(map(int, sys.argv[1:]))
    print("it may")
except QlumodError as error:
    print(error)
"""


@pytest.fixture
def user() -> Iterator[User]:
    with ordinary_user() as made:
        yield made


def told(user: User, *accounts: str) -> str:
    """What is said to a user who wants to build."""
    answer = user.run(PYTHON, "-c", ASK, *accounts)
    assert sorted(path.name for path in user.home.iterdir()) == ["etc", "tree"], (
        "nothing is written"
    )
    return answer.out + answer.err


@pytest.mark.parametrize(
    ("given", "lines"),
    [
        ([(100000, 65536)], ["0 7 1", "1 100000 65534"]),
        ([(100000, 65534)], ["0 7 1", "1 100000 65534"]),
        ([(100000, 40000), (500, 30000)], ["0 7 1", "1 100000 40000", "40001 500 25534"]),
        # As in a chroot whose own ids end at 65535.
        ([(2000, 63000)], ["0 7 1", "1 2000 57999", "60000 59999 5000", "65534 64999 1"]),
        ([(2000, 65533)], ["0 7 1", "1 2000 59999", "60000 61999 5000", "65534 66999 1"]),
        ([(10, 6000)], ["0 7 1", "1 10 999", "60000 1009 5000", "65534 6009 1"]),
        ([(10, 998), (5000, 5002)],
         ["0 7 1", "1 10 998", "999 5000 1", "60000 5001 5000", "65534 10001 1"]),
        ([(10, 5999)], []),
        ([], []),
    ],
)  # fmt: skip
def test_what_a_user_has_been_given_is_mapped_so_that_debians_ids_are_there(
    given: list[tuple[int, int]], lines: list[str]
) -> None:
    ranges = [Range(first, count) for first, count in given]
    assert list(map(str, mapping(7, ranges))) == lines


MORE = f"usermod --add-subuids {{0}} --add-subgids {{0}} {NAME} (as root), or run it as root"


@pytest.mark.parametrize(
    ("subuid", "subgid", "said"),
    [
        (f"{NAME}:1000000:65536\n", f"{NAME}:1000000:65536\n", "it may\n"),
        (f"{ID}:5000:3000\n{NAME}:90000:60000\n", f"{NAME}:1000000:65536\n", "it may\n"),
        (
            "", "",
            f"cannot build as user {NAME}: /etc/subuid gives that user no range of ids\n"
            f"To mend it: {MORE.format('100000-165535')}\n",
        ),
        (
            f"{NAME}:1000000:65536\n", "another:200000:65536\n",
            f"cannot build as user {NAME}: /etc/subgid gives that user no range of ids\n"
            f"To mend it: {MORE.format('1065536-1131071')}\n",
        ),
        (
            f"{NAME}:1000000:1000\n", f"{NAME}:1000000:65536\n",
            f"cannot build as user {NAME}: /etc/subuid gives that user only 1000 ids: too few\n"
            f"To mend it: {MORE.format('1065536-1131071')}\n",
        ),
        (
            f"{NAME}:1000000:8000\n", f"{NAME}:1000000:65536\n",
            f"cannot build as user {NAME}: it would have no id 30000 (/etc/subuid)\n"
            f"To mend it: {MORE.format('1065536-1131071')}\n",
        ),
    ],
)  # fmt: skip
def test_a_user_needs_ids(user: User, subuid: str, subgid: str, said: str) -> None:
    user.gives("subuid", subuid)
    user.gives("subgid", subgid)
    assert told(user, "30000") == said


def test_a_user_needs_the_program_that_maps_ids(user: User) -> None:
    assert told(replace(user, setup="mount --bind /dev/null /usr/bin/newuidmap")) == (
        f"cannot build as user {NAME}: newuidmap is not installed\n"
        "To mend it: apt install uidmap, or run it as root\n"
    )


def as_daemon_inside(user: User, script: str) -> str:
    """What is said to an ordinary user of a user namespace, where `script` was run as its root."""
    user.home.chmod(0o755)
    user.gives("subuid", f"{NAME}:{SUBIDS}:65536\ndaemon:2000:62000\n")
    user.gives("subgid", f"{NAME}:{SUBIDS}:65536\ndaemon:2000:62000\n")
    ask = 'exec ${ROOT_OF:+chroot $ROOT_OF} setpriv --reuid 1 --regid 1 --clear-groups "$0" -c "$1"'
    words = (*user.as_root_inside, "unshare", "--mount", "--pid", "--fork", "--mount-proc", "--")
    answer = user.run(*words, "sh", "-c", f"set -e\n{script}\n{ask}", PYTHON, ASK)
    return answer.out + answer.err


def test_a_user_namespace_within_another_will_do(user: User) -> None:
    own = "".join(
        f"cp /usr/bin/{name} {user.home}; chmod u+s {user.home}/{name}\n"
        f"mount --bind {user.home}/{name} /usr/bin/{name}\n"
        for name in ("newuidmap", "newgidmap")
    )
    assert as_daemon_inside(user, own) == "it may\n", "its root owns the programs that map ids"


def test_a_kernel_that_makes_no_user_namespaces_is_told_by_its_switch(user: User) -> None:
    assert as_daemon_inside(user, "echo 0 >/proc/sys/user/max_user_namespaces") == (
        "cannot build as user daemon: the kernel makes no user namespaces "
        "(user.max_user_namespaces is 0)\n"
        "  cannot make a user namespace: No space left on device\n"
        "To mend it: sysctl user.max_user_namespaces=65536 (as root), or run it as root\n"
    )


def test_in_a_chroot_a_user_can_build_nothing(user: User) -> None:
    script = f"mkdir {user.home}/root; ROOT_OF={user.home}/root; mount --rbind / $ROOT_OF"
    assert as_daemon_inside(user, script) == (
        "cannot build as user daemon: the kernel makes no user namespaces in a chroot, nor where "
        "a container forbids it\n"
        "  cannot make a user namespace: Operation not permitted\n"
        "To mend it: run it as root (in sbuild: $build_user = 'root'; or "
        "SBUILD_ENABLE_PIVOT_ROOT=1, where sbuild knows it)\n"
    )


@pytest.mark.parametrize(
    ("before", "said"),
    [
        (("unshare", "--user", "--map-auto", "--map-root-user"), "it may\n"),
        (
            ("unshare", "--user", "--map-root-user"),
            "cannot build as root of this user namespace: it would have no id 1 "
            "(/proc/self/uid_map)\n"
            "To mend it: start it with the ids from 0 to 65534 (such as unshare --map-auto "
            "--map-root-user), or run it as the user outside\n",
        ),
        (
            ("fakeroot", "--"), "it may\n",
        ),
    ],
    ids=["all ids", "one id", "fakeroot"],
)  # fmt: skip
def test_what_claims_to_be_root_is_asked_what_it_may(
    user: User, before: tuple[str, ...], said: str
) -> None:
    answer = user.run(*before, PYTHON, "-c", ASK)
    assert answer.out + answer.err == said


def test_root_without_its_rights_is_told_so() -> None:
    done = subprocess.run(
        ["setpriv", "--bounding-set", "-sys_admin", "--", sys.executable, "-c", ASK],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == (
        "cannot build as user root: it has no CAP_SYS_ADMIN, as in a container\n"
        "To mend it: give the container that capability (such as docker run --cap-add SYS_ADMIN)\n"
    )
