"""What ``qlumod verify-stack`` prints of a verdict, and its exit status."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from qlumod.cli import verify_stack as verb
from qlumod.cli.exits import FoundWanting
from qlumod.errors import QlumodError
from qlumod.events import ignore
from qlumod.model.difference import Aspect, Difference
from qlumod.model.names import ArchName, Digest, FlavorName, ModuleName, ReleaseVersion
from qlumod.model.proof import About, ProvenModule
from qlumod.packaging.debian.packaging import DEBIAN
from qlumod.proof.scanned import scanned
from qlumod.proof.verdict import Finding, Verdict, verdict, verdict_document
from qlumod.repository.format.settings import Wishes
from qlumod.repository.verbs.repo import init_repository
from qlumod.system.disk.within import Root
from qlumod.system.keys.gpg import export_key, make_key, verify_text
from tests.proof.expected import expectations
from tests.proof.small import make_reference, make_stack
from tests.support.signing import signing_home

TABLE = """\
permitted               paths  because
left out                6      documentation, drivers … that no node needs, recorded path by path
alternative left out    2      update-alternatives makes nothing for a file that is not there
diversion left out      1      maintainer scripts divert nothing that is not there
checksum left out       1      dpkg lists what it unpacked, for a package that brings no list
TeX file left out       0      mktexlsr lists each file that is there
left out, unpackaged    0      scripts make it at an excluded path, where no layer has it
kernel module left out  1      depmod has an entry for each module that is there
secret                  1      made at first boot or supplied by the site, never in a layer
kernel and initrd       2      files beside core's layer, of the same bytes
for boot loaders        0      System.map and links: a node boots what lies beside the stack
account ids             2      the release's account table fixes them; names and all else are equal
day of an account       0      each module has its own epoch, one installation has one
order of entries        1      merged from the modules' entries: the same ones, sorted
bookkeeping             2      locks and backups of passwd, dpkg, apt, debconf, ucf and catalogues
log                     0      what fontconfig's script said while it was installed
man index               0      it contains the time of its making; man-db's timer makes it on a node
font cache              0      with SOURCE_DATE_EPOCH fontconfig keeps none of younger directories
of the build            2      mmdebstrap's settings, and its copies of host name and resolver
device                  1      mmdebstrap and scripts make them; a node has devtmpfs
run-time directory      1      a node's /run is made at boot
machine id              0      a stack always has an empty one; without systemd nothing makes one
access list             0      squashfs stores none; systemd-tmpfiles sets it at boot
"""


ABOUT = About(
    release=ReleaseVersion(14, 0, 0),
    flavor=FlavorName("bookworm"),
    architecture=ArchName("amd64"),
    modules=(
        ProvenModule(
            module=ModuleName("core"),
            version="14.0.0-1",
            title="Core",
            layer=Digest("a" * 64),
            payload=Digest("b" * 64),
        ),
    ),
)


@pytest.fixture
def sound(tmp_path: Path) -> Verdict:
    for name in ("reference", "stack"):
        (tmp_path / name).mkdir()
    reference = scanned(Root(make_reference(tmp_path / "reference")), DEBIAN)
    stack = scanned(Root(make_stack(tmp_path / "stack")), DEBIAN)
    return verdict(reference, stack, expected=expectations(), packaging=DEBIAN)


def typed(
    found: Verdict, *words: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> dict[str, Any]:
    """Type the verb with a verdict that is known; returns what it was asked for."""
    asked: dict[str, Any] = {}

    def answer(specs: Path, modules: tuple[str, ...], **given: Any) -> Verdict:
        asked.update(given, specs=specs, modules=modules)
        return found

    monkeypatch.setattr(verb, "verify_stack", answer)
    monkeypatch.setenv("QLUMOD_CACHE", str(tmp_path / "cache"))
    verb.command.main(list(words), standalone_mode=False)
    return asked


def test_in_brief_what_was_left_out_is_only_counted(
    sound: Verdict,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked = typed(
        sound, "core", "slurm", "--fresh", "--brief", monkeypatch=monkeypatch, tmp_path=tmp_path
    )
    said = f"the stack equals one installation: {sound.paths} paths compared\n"
    out = capsys.readouterr().out
    assert out.endswith(TABLE + said)
    assert out.removesuffix(TABLE + said).splitlines() == [
        "kernel and initrd: /boot/initrd.img-6.1.0: missing file",
        "kernel and initrd: /boot/vmlinuz-6.1.0: missing file",
        "device: /dev/null: missing character device",
        "of the build: /etc/apt/apt.conf.d/99mmdebstrap: missing file",
        "of the build: /etc/apt/sources.list: missing file",
        "account ids: /etc/group: id (group _ssh: gid): 103 → 402",
        "account ids: /etc/group: id (group munge: gid): 105 → 401",
        "secret: /etc/munge/munge.key: missing file",
        "account ids: /etc/passwd: id (user munge: uid): 102 → 401",
        "account ids: /etc/passwd: id (user sshd: uid): 101 → 400",
        "run-time directory: /run/lock: missing directory",
        "diversion left out: /var/lib/dpkg/diversions: entry (dpkg-diversions): "
        "/usr/share/man/man1/mawk.1.gz /usr/share/man/man1/mawk.real.1.gz mawk → -",
        "checksum left out: /var/lib/dpkg/info/munge.md5sums: entry (checksums): "
        "00000000000000000000000000000000  usr/share/doc/munge/README → -",
        "bookkeeping: /var/lib/dpkg/lock: missing file",
        "order of entries: /var/lib/dpkg/status: order (dpkg-status)",
        "bookkeeping: /var/lib/dpkg/status-old: missing file",
    ]
    assert (asked["modules"], asked["fresh"]) == (("core", "slurm"), True)


def test_the_permitted_kinds_fit_on_one_screen() -> None:
    lines = TABLE.splitlines()
    assert len(lines) < 24
    assert max(map(len, lines)) <= 100


def test_a_difference_is_named_and_the_status_tells_it(
    sound: Verdict,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    wrong = replace(sound.findings[0], permission=None)
    found = replace(sound, findings=(wrong, *sound.findings[1:]))
    with pytest.raises(FoundWanting):
        typed(found, "core", monkeypatch=monkeypatch, tmp_path=tmp_path)
    lines = capsys.readouterr().out.splitlines()
    assert lines[-2] == f"NOT PERMITTED  {wrong.difference}"
    assert lines[-1] == f"differences that nothing permits: 1, in {sound.paths} paths"


def test_what_no_two_installations_make_alike_is_named_with_the_ways_out(
    sound: Verdict,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    cache = Difference(
        path="/var/cache/x", aspect=Aspect.CONTENT, reference="a", stack="b", any_two=True
    )
    lost = Difference(path="/usr/bin/x", aspect=Aspect.MISSING, reference="file")
    wrong = tuple(Finding(difference=one, permission=None) for one in (cache, lost))
    found = replace(sound, findings=wrong)
    with pytest.raises(FoundWanting):
        typed(found, "core", monkeypatch=monkeypatch, tmp_path=tmp_path)
    assert capsys.readouterr().out.splitlines()[-5:] == [
        "NOT PERMITTED  /var/cache/x: content: a → b",
        "NOT PERMITTED  /usr/bin/x: missing file",
        "no two installations make this alike, with or without a stack: /var/cache/x",
        "To mend it: leave it out (Exclude in the spec), and if nodes need it, have a unit make it "
        "at boot; list a key or an identity under Secrets; or have the package make the same bytes "
        "at any time (SOURCE_DATE_EPOCH)",
        f"differences that nothing permits: 2, in {sound.paths} paths",
    ]
    assert [
        one.get("any_two")
        for one in verdict_document(found)["differences"]  # type: ignore[attr-defined]
    ] == [True, None]


def test_every_difference_is_printed_with_what_permits_it(
    sound: Verdict,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    typed(sound, "core", monkeypatch=monkeypatch, tmp_path=tmp_path)
    lines = capsys.readouterr().out.splitlines()
    assert "left out: /usr/share/doc/munge/README: missing file" in lines
    assert len(lines) == len(TABLE.splitlines()) + len(sound.findings) + 1


def test_json_has_every_difference(
    sound: Verdict,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    typed(sound, "core", "--json", monkeypatch=monkeypatch, tmp_path=tmp_path)
    document = json.loads(capsys.readouterr().out)
    assert document["equal"] is True
    assert {kind["name"]: kind["paths"] for kind in document["permitted"]} == sound.counts
    assert {
        "path": "/etc/munge/munge.key",
        "aspect": "missing",
        "subject": "",
        "reference": "file",
        "stack": "",
        "permitted": "secret",
    } in document["differences"]


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with signing_home() as home:
        monkeypatch.setenv("GNUPGHOME", str(home))
        yield home


def proved_by(path: Path, keyring: bytes) -> tuple[str, Any]:
    """Who signed a proof, and what it says."""
    signed = verify_text(path.read_bytes(), keyring, "proof")
    return signed.fingerprint, json.loads(signed.text)


def test_a_proof_is_what_json_says_signed_by_the_only_key(
    sound: Verdict,
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    key, path = make_key(home, "Prover"), tmp_path / "proof.json"
    words = ("core", "--json", "--proof", str(path))
    typed(replace(sound, about=ABOUT), *words, monkeypatch=monkeypatch, tmp_path=tmp_path)
    document = json.loads(capsys.readouterr().out)
    assert proved_by(path, export_key(key)) == (key.fingerprint, document)


def test_of_several_keys_one_is_named_or_the_repository_knows_it(
    sound: Verdict, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = [make_key(home, name) for name in ("One", "Other")]
    path = tmp_path / "proof.json"
    words = ("core", "--proof", str(path))
    with pytest.raises(QlumodError) as told:
        typed(replace(sound, about=ABOUT), *words, monkeypatch=monkeypatch, tmp_path=tmp_path)
    one, other = (key.fingerprint for key in keys)
    assert str(told.value) in [
        "a proof is signed by a key of the host that proves, and you have 2\n"
        f"  {first}\n  {second}\n"
        "To mend it: name its fingerprint (--key, or Key in qlumod.conf); `qlumod repo key` makes"
        " one for trying things out"
        for first, second in ((one, other), (other, one))
    ]
    assert not path.exists()
    typed(
        replace(sound, about=ABOUT),
        *words,
        "--key",
        other,
        monkeypatch=monkeypatch,
        tmp_path=tmp_path,
    )
    assert proved_by(path, export_key(keys[1]))[0] == other
    init_repository(tmp_path / "repository", wishes=Wishes(keys=(one,)), listen=ignore)
    upon = ("--repository", str(tmp_path / "repository"))
    typed(replace(sound, about=ABOUT), *words, *upon, monkeypatch=monkeypatch, tmp_path=tmp_path)
    assert proved_by(path, export_key(keys[0]))[0] == one


def test_a_key_that_cannot_sign_is_told_before_anything_is_proved(
    sound: Verdict, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object, **__: object) -> Verdict:
        raise AssertionError("it was proved")

    monkeypatch.setattr(verb, "verify_stack", never)
    monkeypatch.setenv("QLUMOD_CACHE", str(tmp_path / "cache"))
    for words, said in (((), "and you have none"), (("--key", "A" * 40), "the key A+ is missing")):
        with pytest.raises(QlumodError, match=said):
            verb.command.main(["core", "--proof", "x", *words], standalone_mode=False)
