"""Building source packages with dpkg-buildpackage and debhelper, and checking them with lintian."""

from collections.abc import Mapping
from pathlib import Path

from qlumod.events import Listener
from qlumod.system.run import attempt, command, run


def build_source_package(
    tree: Path,
    *,
    environment: Mapping[str, str],
    check_dependencies: bool,
    changes_fields: Mapping[str, str],
    listen: Listener,
) -> None:
    """Build source and binary packages of an unpacked source package; they appear beside it.

    `changes_fields` are further fields of the .changes file.
    """
    run(
        command(
            "dpkg-buildpackage",
            "--unsigned-source", "--unsigned-changes",
            # The tree was written a moment ago; without a word, no clean means no source, too.
            "--no-pre-clean", "--build=full",
            # The .changes always names the orig tarball: another repository may not have it yet.
            "-sa",
            *(() if check_dependencies else ("--no-check-builddeps",)),
            *(f"--changes-option=-D{name}={text}" for name, text in changes_fields.items()),
            directory=tree,
            environment=environment,
        ),
        listen=listen,
    )  # fmt: skip


def lint(changes: Path) -> tuple[str, ...]:
    """What lintian has to say about the packages of a .changes file."""
    _, stdout, stderr = attempt(
        command("lintian", "--no-cfg", "--allow-root", "--tag-display-limit", "0", changes)
    )
    return tuple((stdout + stderr).decode(errors="replace").splitlines())
