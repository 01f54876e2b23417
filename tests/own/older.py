"""Our packages as an older version would have been: for an upgrade to the real ones."""

from pathlib import Path

from qlumod.system.processes.command import command
from qlumod.system.processes.run import capture

OLDER = "0.0.1"


def make_older(packages: Path, directory: Path) -> Path:
    """A repository of the same packages with a lower version, and with other conffiles."""
    directory.mkdir()
    for deb in sorted(packages.glob("*.deb")):
        tree = directory / "tree"
        capture(command("dpkg-deb", "-R", deb, tree))
        control = tree / "DEBIAN/control"
        text = control.read_text()
        version = next(line.split()[1] for line in text.splitlines() if line.startswith("Version:"))
        control.write_text(text.replace(version, OLDER))
        _age(tree)
        name = deb.name.replace(version, OLDER)
        capture(command("dpkg-deb", "--root-owner-group", "-b", tree, directory / name))
        capture(command("rm", "-r", tree))
    index = capture(command("apt-ftparchive", "packages", ".", directory=directory))
    (directory / "Packages").write_bytes(index)
    return directory


def _age(tree: Path) -> None:
    """Change the conffiles; their checksums are wrong then, as after a change of a package."""
    listed = tree / "DEBIAN/conffiles"
    if not listed.exists():
        return
    (tree / "DEBIAN/md5sums").unlink(missing_ok=True)
    for path in listed.read_text().split():
        with (tree / path.lstrip("/")).open("a") as file:
            file.write("# as it was\n")
