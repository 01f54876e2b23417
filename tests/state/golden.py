"""Write the golden list of a root's paths and their rules: python tests/state/golden.py ROOT.

It holds every path that no package owns (compiled Python and the links of certificates aside), and
of each directory with a ruled path up to three paths that packages own.
"""

import os
import sys
from collections import defaultdict
from pathlib import Path

from qlumod.packaging.debian.state.state_table import STATE_TABLE
from qlumod.state.kind import canonical_path

GOLDEN = Path(__file__).with_name("debian-root.tsv")


def paths_of(root: Path):
    """Each path that is no directory, and where it points."""
    for place, directories, files in os.walk(root):
        links = [name for name in directories if (Path(place) / name).is_symlink()]
        for name in (*files, *links):
            full = Path(place) / name
            target = os.readlink(full) if full.is_symlink() else ""  # noqa: PTH115
            yield f"/{full.relative_to(root)}", target


def owned_in(root: Path):
    lists = (root / "var/lib/dpkg/info").glob("*.list")
    return {canonical_path(line) for file in lists for line in file.read_text().splitlines()}


def chosen(root: Path):
    owned = owned_in(root)
    found = sorted(paths_of(root))
    ruled = {path.rpartition("/")[0] for path, target in found if STATE_TABLE.rule_of(path, target)}
    siblings: defaultdict[str, int] = defaultdict(int)
    for path, target in found:
        directory = path.rpartition("/")[0]
        if path in owned:
            siblings[directory] += directory in ruled
            if directory in ruled and siblings[directory] <= 3:
                yield path, target, "package"
        elif not any(part in path for part in ("/__pycache__", "/dpkg/info/")) and not (
            directory == "/etc/ssl/certs" and target
        ):
            yield path, target, "-"


def lines_of(rows):
    for path, target, owner in rows:
        rule = STATE_TABLE.rule_of(path, target)
        yield "\t".join((rule.name if rule else "-", owner, path, target))


def recorded():
    """The golden rows: rule, owner, path, target."""
    return [line.split("\t") for line in GOLDEN.read_text().splitlines()]


if __name__ == "__main__":
    GOLDEN.write_text("".join(f"{line}\n" for line in lines_of(chosen(Path(sys.argv[1])))))
