"""Try all that SECURITY.md says cannot be done: ``make attack``; prints what came of it.

1: something was reached, or missed, that SECURITY.md does not list.
"""

import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path

from tests.attack.host import marked_host
from tests.attack.planting import false_alarms, lots
from tests.attack.probing import (
    Reached,
    asked_as_user,
    asked_while_assembling,
    asked_while_building,
    asked_while_proving,
)
from tests.attack.release import probing_release
from tests.conftest import ROOT
from tests.node import hostile
from tests.support.ordinary import ordinary_user

TRIED = {
    "processes that are left, limits": ("tests/system/test_enclosure.py",),
    "a hostile directory, home and environment": ("tests/attack/test_hostile_surroundings.py",),
    "links": (
        "tests/system/test_within.py",
        "tests/system/test_beneath.py",
        "tests/system/test_one_door.py",
        "tests/repository/test_links.py",
        "tests/lock/test_documents.py",
        "tests/head/test_placing.py",
    ),
    "what others may write": (
        "tests/system/test_ownership.py",
        "tests/head/test_site.py",
        "tests/cli/test_modes.py",
    ),
    "secrets that a package leaves": ("tests/layer/test_gate.py", "tests/stack/test_suspects.py"),
    "proofs, keys, old archives": (
        "tests/repository/test_proofs.py",
        "tests/system/test_key_strength.py",
        "tests/lock/test_freshness.py",
    ),
    "control characters": ("tests/cli/test_visible.py", "tests/repository/test_hidden.py"),
}
"""What is tried by tests: each is an attempt, and says what comes of it."""


def heading(title: str) -> None:
    print(f"\n== {title}\n", flush=True)


def probe() -> int:
    """Ask in all places, as root and as an ordinary user."""
    heading("what programs of a root reach")
    documented = set(re.findall(r"^\| `(visible-[a-z-]+)` \|", _page(), re.MULTILINE))
    by_place: dict[str, list[Reached]] = defaultdict(list)
    for one in _asked_everywhere():
        by_place[one.place].append(one)
    unexpected = 0
    print(f"{'place':45} {'closed':>6} {'open, as SECURITY.md says':>26}  reached")
    for place, asked in sorted(by_place.items()):
        reached = {one.question for one in asked if one.yes}
        worse = sorted(reached - documented)
        unexpected += len(worse)
        closed = len({one.question for one in asked}) - len(reached)
        print(f"{place:45} {closed:6} {len(reached & documented):26}  {', '.join(worse) or '-'}")
    return unexpected


def _asked_everywhere() -> Iterable[Reached]:
    with tempfile.TemporaryDirectory(prefix="qlumod-attack-") as place, marked_host():
        top = Path(place)
        top.chmod(0o755)
        release = probing_release(top / "specs", top / "packages")
        payloads, found = asked_while_building(release, top / "cache")
        found += asked_while_proving(release, top / "cache")
        found += asked_while_assembling(payloads, top / "head")
        with ordinary_user() as user:
            found += asked_as_user(release, user)
        return found


def plant() -> int:
    """Plant secrets, and what only looks like them."""
    heading("secrets that were planted")
    missed = 0
    print(f"{'kinds':40} {'planted':>7} {'found':>6}  missed")
    for lot in lots():
        missed += len(lot.missed)
        found = lot.kinds - len(lot.missed)
        print(f"{lot.name:40} {lot.kinds:7} {found:6}  {', '.join(lot.missed) or '-'}")
    wrong = false_alarms()
    print(f"false alarms: {', '.join(wrong) or 'none'}")
    return missed + len(wrong)


def node() -> int:
    """Send hostile answers to a node that boots."""
    heading("what a node takes from the network")
    return hostile.main()


def tried(what: str) -> int:
    """Run the tests that are attempts of one kind."""
    heading(what)
    found = 0
    words = (sys.executable, "-m", "pytest", "-v", "--no-header", "--tb=short", *TRIED[what])
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if outcome := _OUTCOME.match(line):
                name, word = outcome.groups()
                found += word not in _CAME
                print(f"{_CAME.get(word, 'OPEN'):9}  {name.replace('_', ' ')}", flush=True)
            elif line.startswith("E "):
                print(line, end="")
    return found or int(process.returncode != 0)


_CAME = {"PASSED": "closed", "SKIPPED": "not tried"}
_OUTCOME = re.compile(r"tests/\S+?::test_(\S.*?) (PASSED|SKIPPED|FAILED|ERROR)")


def _page() -> str:
    return (ROOT / "SECURITY.md").read_text()


def main() -> int:
    """Try everything; the value is the exit status."""
    attempts: list[tuple[str, Callable[[], int]]] = [("programs of a root", probe)]
    attempts += [("secrets", plant), ("the node", node)]
    attempts += [(what, lambda what=what: tried(what)) for what in TRIED]  # type: ignore[misc]
    found = {name: attempt() for name, attempt in attempts}
    heading("in short")
    for name, count in found.items():
        print(f"{f'{count} OPEN' if count else 'closed':9}  {name}")
    return 1 if any(found.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
