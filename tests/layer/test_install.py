"""What a root says is installed, as dpkg writes it and as packages spoil it."""

import os
from pathlib import Path

import pytest

from qlumod.errors import QlumodError
from qlumod.packaging.debian.packaging import DEBIAN
from qlumod.stack.state_files import Owners, read_files
from qlumod.system.disk.within import Root

STATUS = "var/lib/dpkg/status"


@pytest.fixture
def top(tmp_path: Path) -> Path:
    for name in ("var/lib/dpkg", "etc"):
        (tmp_path / name).mkdir(parents=True)
    return tmp_path


def test_what_is_installed(top: Path) -> None:
    (top / STATUS).write_text(
        "Package: a\nStatus: install ok installed\nVersion: 1\n\n"
        "Package: b\nStatus: deinstall ok config-files\nVersion: 2\n\n"
        "Package: c\nStatus: unknown ok not-installed\n"
    )
    assert DEBIAN.database.installed(Root(top)) == {"a": "1"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, f"/{STATUS}: it is no file"),
        ("Nonsense: x\n", f"/{STATUS}:1: the stanza has no field Package"),
        ("Package: a\nVersion: 1\n", f"/{STATUS}:1: the stanza has no field Status"),
    ],
)
def test_a_database_that_says_nothing_is_told(top: Path, text: str | None, words: str) -> None:
    if text is not None:
        (top / STATUS).write_text(text)
    with pytest.raises(QlumodError) as caught:
        DEBIAN.database.installed(Root(top))
    assert caught.value.brief.startswith(words)


def test_a_list_of_paths_that_is_none_is_told(top: Path) -> None:
    info = top / "var/lib/dpkg/info"
    (info / "a.list").mkdir(parents=True)
    with pytest.raises(QlumodError, match=r"^/var/lib/dpkg/info/a\.list: it is no file"):
        DEBIAN.database.file_lists(Root(top))


def test_accounts_that_are_none_are_told_whatever_is_read(top: Path) -> None:
    root = Root(top)
    assert Owners.of(root) == Owners({"root": 0}, {"root": 0})
    (top / "etc/passwd").write_text("root:x:0:0::/:/bin/sh\nx:x:many:0::/:/bin/sh\n")
    with pytest.raises(QlumodError, match=r"^/etc/passwd:2: user 'x': 'many' is no id"):
        read_files(root, ["/etc/hosts"])
    (top / "etc/passwd").unlink()
    (top / "etc/passwd").symlink_to("/nowhere")
    with pytest.raises(QlumodError, match=r"^/etc/passwd: it is no file, and nobody knows"):
        Owners.of(root)
    (top / "etc/passwd").unlink()
    if os.geteuid() == 0:
        os.mknod(top / "etc/passwd", 0o020644, os.makedev(4095, 7))
        with pytest.raises(QlumodError, match=r"^/etc/passwd: it is no file, and nobody knows"):
            Owners.of(root)
