"""Sessions: pages of the documentation, typed into shells of a copy of this machine."""

import shlex
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tests.conftest import ROOT
from tests.docs.blocks import COMMANDS, Block, Typed, blocks
from tests.head.head_node import HeadNode
from tests.head.listed_payloads import add_listed, write_tree
from tests.layer.kernels import write_vendors_site
from tests.layer.small_release import write_small_release
from tests.support.debs import make_deb
from tests.support.documents import copy_specs
from tests.support.roots import MACHINE, play
from tests.support.transcript import BEGIN, Transcript

BEFORE = Path(__file__).parent / "before"
"""What pages take for granted: ``PAGE.sh``, after ``all.sh``."""
GIVEN = {"0123…CDEF": '"$KEY"', "89AB…4567": '"$PROVER"'}
"""What stands in commands for something of the reader's own, and where that is."""


def real(directory: Path, _cache: Path) -> Path:
    """Write the specs of core, as other tests have built it, and slurm."""
    return copy_specs(directory)


def small(directory: Path, cache: Path) -> Path:
    """Write specs over small packages that have names of Debian's."""
    modules = {"core": "Packages: adduser", "slurm": "Requires: core\nPackages: slurmd"}
    specs = write_small_release(directory / "module-specs", modules, cache)
    make_deb(specs / "debs", "munge")
    make_deb(specs / "debs", "slurmd", depends="munge")
    return specs


def vendors(directory: Path, cache: Path) -> Path:
    """Write specs with vendors' archives."""
    specs = write_vendors_site(directory / "module-specs", cache)
    (specs / "locks").mkdir()
    return specs


def head(directory: Path, _cache: Path) -> Path:
    """Write a head node with core and slurm, as small as they can be."""
    node = HeadNode(directory / "head", [])
    trees = directory / "trees"
    core = write_tree(trees / "core", {"/etc/motd": "of core\n", "/usr/bin/openssl": "openssl\n"})
    slurm = write_tree(trees / "slurm", {"/usr/sbin/slurmd": "slurmd\n"})
    add_listed(node, "core", core, {"base-files": "12.4", "openssl": "3.0.15-1"})
    add_listed(node, "slurm", slurm, {"slurmd": "22.05.8-4"})
    (directory / "release").write_text("")
    return directory


PROJECTS = {
    "README.md": real,
    "docs/modules.md": vendors,
    "docs/repository.md": small,
    "docs/source-packages.md": small,
    "docs/head-node.md": head,
    # Changes the host's settings: the last one.
    "docs/configuration.md": small,
}
"""What writes the specs of each page; pages that have the same share one directory."""


def typed_blocks(page: str) -> list[Block]:
    """The blocks of a page that are run."""
    return [
        block
        for block in blocks(page, (ROOT / page).read_text())
        if block.language == COMMANDS and not block.not_run
    ]


def marks(page: str) -> Iterator[tuple[str, Typed]]:
    """The commands of a page that are run, each with its place."""
    for block in typed_blocks(page):
        for number, typed in enumerate(block.typed, start=1):
            yield f"{block.place}, command {number}", typed


def end_of(page: str) -> str:
    """The mark before the exit code of a page."""
    return f"{page} ended"


def errors_of(page: str, directory: Path) -> Path:
    """Where the standard error of a page's session is."""
    return directory / f"{Path(page).stem}.errors"


def type_pages(pages: Sequence[str], directory: Path, own: Path, cache: Path) -> Transcript:
    """Type pages, one after another, in one copy of this machine; README has the network."""
    directory.chmod(0o755)
    for write in dict.fromkeys(PROJECTS[page] for page in pages):
        _begin(write, directory / write.__name__, cache)
    return play(
        MACHINE,
        "\n".join([(BEFORE / "all.sh").read_text(), *map(_session, pages)]),
        scratch=directory / "scratch",
        shown=[(own, "/own")],
        handed=[(directory, "/pages"), (cache, "/cache")],
        online="README.md" in pages,
    )


def _begin(write: Callable[[Path, Path], Path], directory: Path, cache: Path) -> None:
    """Write the project in which pages are typed, as the machine sees it."""
    directory.mkdir()
    (directory / "dist").symlink_to("/own")
    release = write(directory, cache) / "release"
    text = release.read_text().replace(f"{cache}/", "/cache/")
    for test, ours in (("Version: 1.0.0", "Version: 14.0.0"), ("Prefix: test", "Prefix: qlustar")):
        text = text.replace(test, ours)
    release.write_text(text)


def _session(page: str) -> str:
    """The part of a script that types a page; it ends with the first failure."""
    here = f"/pages/{PROJECTS[page].__name__}"
    before = (BEFORE / f"{Path(page).stem}.sh").read_text()
    lines = [f"(cd {here}", "set -e", before, "set +e"]
    for block in typed_blocks(page):
        lines.append(f"cd {here}")
        for number, typed in enumerate(block.typed, start=1):
            command = typed.command
            for word, own in GIVEN.items():
                command = command.replace(word, own)
            assert "…" not in command, f"{block.place}: {command}"
            said = shlex.quote(f"{BEGIN}{block.place}, command {number}")
            expected = block.status if typed is block.typed[-1] else 0
            lines += [f"echo {said}; echo {said} >&2", command, f"ended {expected} $?"]
    errors = errors_of(page, Path("/pages"))
    return "\n".join([*lines, f") 2>{errors}", f"say {shlex.quote(end_of(page))} $?"])
