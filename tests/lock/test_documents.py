"""Documents of specs that others wrote: nothing is read, or written, where links lead."""

import json
import os
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from qlumod.errors import QlumodError
from qlumod.lock.verbs.check import check_specs
from qlumod.system.disk import documents
from tests.conftest import CommandLine
from tests.lock.build_host import BuildHost
from tests.support.documents import write_specs

SECRET = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n"
DOCUMENTS = ("release", "accounts", "slurm.module", "locks/14.0.0-bookworm-amd64.lock")


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "id_ed25519"
    path.write_text(SECRET)
    return path


def link_text(link: Path, top: Path) -> str:
    return (
        f"{link} is a symbolic link: no link in {top} is followed\n"
        f"To mend it: see who made it (ls -l {link}), and put what it points at there itself"
    )


@pytest.mark.parametrize("name", ["release", "accounts", "slurm.module", "x.module"])
def test_check_tells_of_a_link_and_not_of_what_it_leads_to(
    name: str, secret: Path, qlumod: CommandLine, tmp_path: Path
) -> None:
    specs = write_specs(tmp_path / "specs")
    link = specs / name
    link.unlink(missing_ok=True)
    link.symlink_to(secret)
    for more in ((), ("--json",)):
        answer = qlumod("check", "--specs", specs, *more)
        assert answer.status == 1
        assert "PRIVATE" not in answer.out + answer.err
        assert "b3Blb" not in answer.out + answer.err
        assert str(link) in answer.err
        assert "is a symbolic link" in answer.err
    with pytest.raises(QlumodError) as told:
        check_specs(specs)
    assert str(told.value) == link_text(link, specs)


def test_a_link_within_the_directory_is_not_followed_either(tmp_path: Path) -> None:
    specs = write_specs(tmp_path / "specs")
    (specs / ".git").mkdir()
    (specs / ".git" / "config").write_text("extraheader = AUTHORIZATION: basic c2VjcmV0\n")
    (specs / "x.module").symlink_to(".git/config")
    with pytest.raises(QlumodError) as told:
        check_specs(specs)
    assert str(told.value) == link_text(specs / "x.module", specs)


def test_the_directory_itself_may_be_reached_by_a_link(tmp_path: Path) -> None:
    write_specs(tmp_path / "specs")
    (tmp_path / "link").symlink_to("specs")
    assert check_specs(tmp_path / "link").release


@pytest.mark.parametrize("name", ["release", "accounts", "slurm.module"])
@pytest.mark.parametrize(
    ("make", "what"),
    [
        (os.mkfifo, "a FIFO"),
        (lambda path: os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 5)), "a character device"),
    ],
)
def test_what_would_hang_is_no_document(
    make: Callable[[Path], None], what: str, name: str, tmp_path: Path
) -> None:
    specs = write_specs(tmp_path / "specs")
    (specs / name).unlink()
    make(specs / name)
    with pytest.raises(QlumodError) as told:
        check_specs(specs)
    assert str(told.value) == (
        f"cannot read {specs / name}: it is {what}, not a regular file\n"
        f"To mend it: remove it, or put a file there: ls -l {specs / name}"
    )


def test_a_document_has_an_end(tmp_path: Path) -> None:
    specs = write_specs(tmp_path / "specs")
    with (specs / "slurm.module").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(QlumodError) as told:
        check_specs(specs)
    assert str(told.value) == (
        f"cannot read {specs}/slurm.module: it has more than {documents.MOST} bytes, which is too"
        " much for what it should be\n"
        "To mend it: see what it is, and put the right file there"
    )


def test_what_a_document_says_is_quoted_without_control_characters(
    qlumod: CommandLine, tmp_path: Path
) -> None:
    specs = write_specs(tmp_path / "specs")
    with (specs / "slurm.module").open("a") as file:
        file.write("\x1b]0;mine\x07 what is this\nStack\x9bGroup: x\n")
    answer = qlumod("check", "--specs", specs)
    assert answer.status == 1
    assert answer.err.isascii()
    assert {char for char in answer.err if not char.isprintable()} == {"\n"}


def test_a_lock_that_is_a_link_is_neither_read_nor_written(host: BuildHost, secret: Path) -> None:
    host.offer()
    host.lock()
    lock = host.specs / "locks" / "14.0.0-bookworm-amd64.lock"
    lock.unlink()
    lock.symlink_to(secret)
    with pytest.raises(QlumodError) as told:
        host.lock()
    assert str(told.value) == link_text(lock, host.specs)
    assert secret.read_text() == SECRET


def test_locks_are_not_written_where_a_link_leads(host: BuildHost, tmp_path: Path) -> None:
    host.offer()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / ".14.0.0-bookworm-amd64.lock.999999.new").touch()
    (host.specs / "locks").symlink_to(elsewhere)
    with pytest.raises(QlumodError) as told:
        host.lock()
    assert str(told.value) == link_text(host.specs / "locks", host.specs)
    assert [path.name for path in elsewhere.iterdir()] == [".14.0.0-bookworm-amd64.lock.999999.new"]


def test_a_keyring_that_would_hang_is_none(host: BuildHost) -> None:
    host.offer()
    os.mkfifo(host.specs / "pipe.gpg")
    host.release(Key=f"{host.specs}/pipe.gpg")
    assert host.refusal() == (
        "archive test: Key: TOP/module-specs/pipe.gpg is a FIFO, not a regular file\n"
        "To mend it: name a file"
    )


FOLDER = "\nArchive: site\nDirectory: {}\n"


def test_a_directory_of_the_system_is_none_of_debs(host: BuildHost, tmp_path: Path) -> None:
    host.offer()
    up = "/".join(".." for _ in host.specs.resolve().parts[1:])
    host.release(extra=FOLDER.format(f"{up}/etc"))
    assert host.refusal() == (
        "archive site: Directory: '/etc' is a directory of the system, not one of .debs: name one "
        "of your own"
    )


def test_a_directory_of_debs_is_not_reached_by_a_link(host: BuildHost, tmp_path: Path) -> None:
    host.offer()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (host.specs / "debs").symlink_to(elsewhere)
    host.release(extra=FOLDER.format("debs"))
    assert host.refusal() == (
        "archive site: Directory: TOP/module-specs/debs is a symbolic link, and none is followed"
        " here\n"
        "To mend it: name the absolute path of what it points at, or put that there itself"
    )
    # Outside of the specs, links are those of whoever has the machine.
    (tmp_path / "beside").symlink_to(elsewhere)
    for named in (elsewhere, "../beside"):
        host.release(extra=FOLDER.format(named))
        host.lock()


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (lambda path, other: path.symlink_to(other), "a symbolic link"),
        (lambda path, other: os.mkfifo(path), "a FIFO"),
    ],
)
def test_a_deb_of_a_directory_is_a_file(
    make: Callable[[Path, Path], None], what: str, host: BuildHost, secret: Path
) -> None:
    host.offer()
    folder = host.specs / ".." / "dist" / "below"
    folder.mkdir(parents=True)
    make(folder / "x.deb", secret)
    host.release(extra=FOLDER.format("../dist"))
    assert host.refusal() == (
        f"TOP/module-specs/../dist/below/x.deb is {what}, not a .deb\n"
        "To mend it: put the file itself there (cp, or ln without -s)"
    )


def test_completion_does_not_wait_for_a_fifo(qlumod: CommandLine, tmp_path: Path) -> None:
    specs = write_specs(tmp_path / "specs")
    os.mkfifo(specs / "x.module")
    answers: list[str] = []

    def complete() -> None:
        answer = qlumod(
            _QLUMOD_COMPLETE="bash_complete", COMP_WORDS="qlumod build ", COMP_CWORD="2",
            QLUMOD_SPECS=str(specs),
        )  # fmt: skip
        answers.append(json.dumps([answer.status, answer.err]))

    waiting = threading.Thread(target=complete, daemon=True)
    waiting.start()
    waiting.join(60)
    assert answers == ['[0, ""]']
