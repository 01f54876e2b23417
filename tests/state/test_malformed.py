"""What packages left malformed is told with the file of the root and its line, whatever it is."""

import pytest

from qlumod.errors import QlumodError
from qlumod.model.accounts import Accounts
from qlumod.packaging.debian.state.alternatives import ALTERNATIVES
from qlumod.packaging.debian.state.apt_states import EXTENDED_STATES
from qlumod.packaging.debian.state.debconf import CONFIG, PASSWORDS, TEMPLATES
from qlumod.packaging.debian.state.dpkg import DIVERSIONS, STATOVERRIDE, STATUS
from qlumod.packaging.debian.state.state_table import STATE_TABLE
from qlumod.packaging.debian.state.triggers import TRIGGERS
from qlumod.packaging.debian.state.ucf import HASHFILE
from qlumod.state.accounts import ACCOUNTS
from qlumod.state.fragment import write_fragment
from qlumod.state.kind import Kind, StateFile
from qlumod.state.unregistered_accounts import proposed, unregistered

REMEDY = "see which package writes that, and have it mended or leave it out"
LONG = "1" * 5000
DATABASE, CACHE = "/var/lib/dpkg", "/var/cache/debconf"
CASES: dict[str, tuple[Kind, str, bytes, str]] = {
    "user of five fields": (ACCOUNTS, "/etc/passwd", b"x:x:1:1:\n", ":1: user 'x': 5 fields"),
    "user without number": (
        ACCOUNTS, "/etc/passwd", b"a:x:1:1::/:/\nx:x:many:0::/:/bin/sh\n",
        ":2: user 'x': 'many' is no id",
    ),
    "user of a long number": (
        ACCOUNTS, "/etc/passwd", f"y:x:{LONG}:0::/:/bin/sh\n".encode(),
        f":1: user 'y': '{'1' * 40}' is no id",
    ),
    "user beyond all ids": (
        ACCOUNTS, "/etc/passwd", b"z:x:4294967295:1::/:/bin/sh\n",
        ":1: user 'z': '4294967295' is no id",
    ),
    "user with NUL": (
        ACCOUNTS, "/etc/passwd", b"x\0y:x:450:450::/:/bin/sh\n",
        ":1: the character U+0000 (control character) is not allowed",
    ),
    "user that is no text": (
        ACCOUNTS, "/etc/passwd", b"x:x:450:450:\xff:/:/bin/sh\n",
        ":1: the character U+DCFF (byte that is no text) is not allowed",
    ),
    "user without name": (ACCOUNTS, "/etc/passwd", b":x:1:1::/:\n", ":1: the user has no name"),
    "group of three fields": (
        ACCOUNTS, "/etc/group", b"g:x:1\n:::::::\n", ":1: group 'g': 3 fields, and 4 are needed"
    ),
    "password of two fields": (
        ACCOUNTS, "/etc/shadow", b"root:$6$secret\n", ":1: user 'root': 2 fields, and 9 are needed"
    ),
    "range of letters": (ACCOUNTS, "/etc/subuid", b"a:b:c\n", ":1: range of 'a': 'b' is no id"),
    "status without package": (
        STATUS, f"{DATABASE}/status", b"Package: a\n\n\nNonsense: x\n",
        ":4: the stanza has no field Package",
    ),
    "status that is none": (
        STATUS, f"{DATABASE}/status", b"Package: a\nnonsense\n",
        ":2: it is neither 'Field: value' nor continues a field",
    ),
    "diversion of two lines": (
        DIVERSIONS, f"{DATABASE}/diversions", b"/a\n/b\nc\n/d\n/e\n",
        ":5: the diversion ends here, and has three lines",
    ),
    "diversion of no path": (
        DIVERSIONS, f"{DATABASE}/diversions", b"/a\n/../../tmp/b\nc\n",
        ":2: it is no absolute path",
    ),
    "override of two fields": (
        STATOVERRIDE, f"{DATABASE}/statoverride", b"\nroot root\n",
        ":2: it has 2 fields, and 4 are needed",
    ),
    "digest alone": (
        HASHFILE, "/var/lib/ucf/hashfile", b"0123\n", ":1: it has 1 fields, and 2 are needed"
    ),
    "question that is none": (
        CONFIG, f"{CACHE}/config.dat", b"Name: a\n\ngarbage\n\nName: x\n",
        ":3: it is neither 'Field: value' nor continues a field",
    ),
    "question without name": (
        CONFIG, f"{CACHE}/config.dat", b"Value: a\n", ":1: the stanza has no field Name"
    ),
    "template that begins in the middle": (
        TEMPLATES, f"{CACHE}/templates.dat", b" a\n",
        ":1: it is neither 'Field: value' nor continues a field",
    ),
    "password on a line of its own": (
        PASSWORDS, f"{CACHE}/passwords.dat", b"Name: a\nValue: x\nthe secret\n",
        ":3: it is neither 'Field: value' nor continues a field",
    ),
    "password in front of a colon, twice": (
        PASSWORDS, f"{CACHE}/passwords.dat", b"Name: a\nsecret: x\nSecret: y\n",
        ":3: the field stands there twice",
    ),
    "password behind a line of blanks": (
        PASSWORDS, f"{CACHE}/passwords.dat", b"Name: a\nValue: x\n \n secret\n",
        ":3: it has blanks only",
    ),
    "mark of no package": (
        EXTENDED_STATES, "/var/lib/apt/extended_states", b"Package x\n",
        ":1: it is neither 'Field: value' nor continues a field",
    ),
    "interest of nobody": (
        TRIGGERS, f"{DATABASE}/triggers/File", b"/a b\nnonsense\n",
        ":2: it is no path and package that is interested in it",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_it_is_told_with_file_and_line(case: str) -> None:
    kind, path, data, words = CASES[case]
    with pytest.raises(QlumodError) as caught:
        kind.capture({}, {path: StateFile(data=data)})
    assert caught.value.brief.startswith(f"{path}{words}")
    assert len(caught.value.brief) < 150
    assert "secret" not in str(caught.value)
    assert caught.value.remedy == REMEDY


@pytest.mark.parametrize("kind", STATE_TABLE.kinds, ids=[kind.name for kind in STATE_TABLE.kinds])
@pytest.mark.parametrize("data", [b"\0", b"x", b"\xff\n \n:\n", b":::::::::\n", b" a\n\nb c d\n"])
def test_no_kind_is_surprised_by_anything(kind, data: bytes) -> None:
    paths = [pattern.replace("*", "x") for pattern in kind.patterns]
    files = {path: StateFile(data=data) for path in paths}
    try:
        fragment = kind.capture({}, files)
        kind.canonical(files)
        kind.merge([("core", fragment)])
    except QlumodError:
        pass


@pytest.mark.parametrize("text", ["auto\n/usr/bin/x\n\n\n", "auto\nx\n\n/y\n5\n\n", "bad\n"])
def test_alternatives_of_nothing_are_damaged(text: str) -> None:
    files = {f"{DATABASE}/alternatives/x": StateFile(data=text.encode())}
    with pytest.raises(QlumodError, match=r"^/var/lib/dpkg/alternatives/x: it is damaged$"):
        ALTERNATIVES.capture({}, files)


def test_a_mode_of_an_override_is_one() -> None:
    files = {f"{DATABASE}/statoverride": StateFile(data=b"root root 0999 /usr/bin/x\n")}
    with pytest.raises(QlumodError, match="/usr/bin/x: '0999' is no mode in octal digits"):
        STATOVERRIDE.capture({}, files)


def stanzas(files: dict[str, StateFile], table: Accounts) -> tuple[str, ...]:
    found = unregistered(files, table, ())
    makers = {one.account: ("p",) for one in found}
    return proposed(found, files, table, makers=makers, homes={})


def test_a_user_whose_group_is_nobodys_is_not_proposed() -> None:
    files = {"/etc/passwd": StateFile(data=b"z:x:450:99999::/:/bin/sh\n")}
    table = Accounts(users=(), groups=(), text="", digest="")
    with pytest.raises(QlumodError, match="user z has group 99999, and /etc/group has none"):
        stanzas(files, table)


@pytest.mark.parametrize(
    ("gecos", "proposed"),
    [
        ("MUNGE authentication service", True),
        ("systemd-network-management-of-interfaces", True),
        ("PostgreSQL administrator 15", True),
        ("ghp_0123456789abcdefghijABCDEFGHIJ456789", False),
    ],
)
def test_what_looks_like_a_token_is_proposed_for_no_table(gecos: str, proposed: bool) -> None:
    files = {
        "/etc/passwd": StateFile(data=f"z:x:450:450:{gecos}:/:/bin/sh\n".encode()),
        "/etc/group": StateFile(data=b"z:x:450:\n"),
    }
    table = Accounts(users=(), groups=(), text="", digest="")
    said = "".join(stanzas(files, table))
    assert (gecos in said, "Gecos" in said) == (proposed, proposed)


@pytest.mark.parametrize(
    ("kind", "body", "words"),
    [
        (STATUS, "x\n", "module core: state/dpkg-status:1: it is neither"),
        (ACCOUNTS, "Name: x\nPasswd: x:x:many:0::/:/\n", "state/accounts: /etc/passwd: user 'x': "),
    ],
)
def test_a_fragment_is_told_with_its_module(kind, body: str, words: str) -> None:
    with pytest.raises(QlumodError, match=words):
        kind.merge([("core", write_fragment(body))])


DAMAGED = {
    "accounts": "x\n",
    "dpkg-status": "Version: 1\n",
    "dpkg-diversions": "/a\n/b\n",
    "dpkg-statoverride": "root root\n",
    "dpkg-triggers": "nonsense\n",
    "alternatives": "Name: x\nMode: auto\nLink: /x\nChoice-0: many /y\n",
    "apt-extended-states": "Package: x\nArchitecture: amd64\n",
    "debconf-config": "Value: x\n",
    "debconf-templates": "Type: x\n",
    "debconf-passwords": " x\n",
    "ucf-hashfile": "x\n",
    "ucf-registry": "x\n",
    "xml-catalog-record": "<x>\n",
    "xml-catalog": "<x/>\n",
    "java-certificates": "x\n",
    "nsswitch": "Database: hosts\nWas: files\n",
}


@pytest.mark.parametrize("kind", STATE_TABLE.kinds, ids=[kind.name for kind in STATE_TABLE.kinds])
def test_a_damaged_fragment_is_told_with_module_and_file(kind) -> None:
    for fragment in (b"\n\nx", b"Format: 2\n\n", write_fragment(DAMAGED.get(kind.name, ""))):
        if fragment == b"Format: 1\n":
            continue
        with pytest.raises(QlumodError) as caught:
            kind.merge([("core", fragment)])
        assert caught.value.brief.startswith(f"module core: state/{kind.name}:")


@pytest.mark.parametrize(
    "body",
    [
        "Name: x\nMode: auto\nLink: /x\nChoice-0: 5 /../y\n",
        "Name: ../x\nMode: auto\nLink: /x\n",
        "Name: x\nMode: auto\nLink: /x\nChoice-0: 5 /y\n slave /z\n",
    ],
)
def test_alternatives_of_a_fragment_lead_nowhere_else(body: str) -> None:
    with pytest.raises(QlumodError, match="module core: state/alternatives: the alternatives of"):
        ALTERNATIVES.merge([("core", write_fragment(body))])
