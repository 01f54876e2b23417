"""What a root says of the packages in it, as dpkg writes it and as packages spoil it."""

from pathlib import Path

import pytest

from qlumod.errors import QlumodError
from qlumod.packaging.debian.packaging import DEBIAN
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


def test_what_control_archives_held_belongs_to_packages(top: Path) -> None:
    info = top / "var/lib/dpkg/info"
    info.mkdir()
    for name in ("a.list", "a.postinst", "b:amd64.preinst", "b:amd64.config", "format"):
        (info / name).write_text(name)
    (info / "c.postinst").symlink_to("/nowhere")
    assert DEBIAN.database.own_files(Root(top)) == {
        f"/var/lib/dpkg/info/{name}": name[0]
        for name in ("a.list", "a.postinst", "b:amd64.preinst", "b:amd64.config", "c.postinst")
    }
    assert sorted(DEBIAN.database.scripts(Root(top))) == [
        ("a", b"a.postinst"),
        ("b", b"b:amd64.config"),
        ("b", b"b:amd64.preinst"),
    ]


@pytest.mark.parametrize(
    ("path", "program"),
    [
        ("/etc/alternatives/editor", "update-alternatives"),
        ("/var/lib/dpkg/status", "dpkg"),
        ("/usr/lib/python3/dist-packages/__pycache__/x.cpython-311.pyc", "py3compile"),
        ("/etc/hostname", None),
    ],
)
def test_who_makes_a_path_that_no_package_owns(path: str, program: str | None) -> None:
    assert DEBIAN.database.generator_of(path) == program
