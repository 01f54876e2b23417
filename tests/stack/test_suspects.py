"""What looks like a secret: what a spec may say of it, and how it is told."""

import pytest

from qlumod.model.public import parse_public
from qlumod.model.secret import SecretKind
from qlumod.stack.suspects import SHOWN, Suspect, faults_of, is_meant, judged

KEY = Suspect(path="/etc/x/key", why="it holds a PEM private key", private=True, digest="1")
TOKEN = Suspect(path="/etc/x/token", why="it holds a token", digest="2")
BOTH = (
    "add it to the field Secrets, as '{0} site' if many nodes share it, or as '{0} node' if each "
    "node has its own"
)


def said(*suspects: Suspect, everything: list[str] | None = None, **beside: str) -> list[str]:
    names = everything or [suspect.path for suspect in suspects]
    digests = {path.replace("_", "/"): digest for path, digest in beside.items()}
    return [str(fault) for fault in faults_of(suspects, names, digests)]


@pytest.mark.parametrize(
    ("path", "public", "meant"),
    [
        ("/etc/x/token", "/etc/x/token", True),
        ("/etc/x/token", "/etc/x/*", True),
        ("/etc/x/y/token", "/etc/x/*", False),
        ("/etc/x/y/token", "/etc/x/", True),
        ("/etc/xy/token", "/etc/x/", False),
        ("/etc/x", "/etc/x/", False),
        ("/var/lib/db/15/main/base", "/var/lib/db/*/main/", True),
        ("/var/lib/db/15/side/base", "/var/lib/db/*/main/", False),
    ],
)
def test_a_pattern_means_a_file_or_a_tree(path: str, public: str, meant: bool) -> None:
    assert is_meant(path, parse_public(f"{public} a reason")) == meant


def test_what_is_public_is_no_suspect() -> None:
    verdict = judged([TOKEN], [parse_public("/etc/x/ words of the manual")])
    assert verdict.suspects == ()
    assert verdict.unused == ()


def test_nobody_can_say_that_a_private_key_is_public() -> None:
    (suspect,) = judged([KEY, TOKEN], [parse_public("/etc/x/ harmless")]).suspects
    assert suspect.path == "/etc/x/key"
    assert suspect.why == ("it holds a PEM private key, of which nobody can say that it is public")


def test_a_pattern_of_no_use_is_told() -> None:
    public = parse_public("/etc/y/ harmless")
    assert judged([KEY], [public]).unused == (public,)


def test_a_private_key_can_only_be_a_secret() -> None:
    assert said(KEY) == [
        "/etc/x/key: this looks like a secret: it holds a PEM private key\n"
        f"To mend it: {BOTH.format('/etc/x/key')}"
    ]


def test_other_secrets_may_be_called_public() -> None:
    assert said(TOKEN) == [
        "/etc/x/token: this looks like a secret: it holds a token\n"
        f"To mend it: {BOTH.format('/etc/x/token')}; if everybody may read it, add "
        "'/etc/x/token REASON' to the field Public"
    ]


def test_whose_it_is_is_said_where_that_is_known() -> None:
    suspect = Suspect(path="/etc/hostid", why="it is a host id", kind=SecretKind.NODE)
    assert said(suspect) == [
        "/etc/hostid: this looks like a secret: it is a host id\n"
        "To mend it: add it to the field Secrets, as '/etc/hostid node'; if everybody may read it, "
        "add '/etc/hostid REASON' to the field Public"
    ]


def test_copies_and_the_other_half_are_told_with_the_key() -> None:
    half = Suspect(
        path="/etc/x/key.pub", why="it is the other half", digest="3", half_of="/etc/x/key"
    )
    assert said(KEY, half, **{"_var_lib_ucf_cache_:etc:x:key": "1"}) == [
        "/etc/x/key: this looks like a secret: it holds a PEM private key\n"
        "  with it goes /etc/x/key.pub: it is the other half\n"
        "  with it goes /var/lib/ucf/cache/:etc:x:key: it is a copy, or was made from it\n"
        f"To mend it: {BOTH.format('/etc/x/key').replace('add it', 'add all these paths')}"
    ]


def test_the_other_half_of_a_declared_key_is_told_by_itself() -> None:
    half = Suspect(path="/etc/x/crt", why="it is the other half", digest="3", half_of="/etc/x/key")
    assert said(half)[0].startswith("/etc/x/crt: this looks like a secret: it is the other half\n")


def test_a_tree_is_told_once() -> None:
    hidden = [
        Suspect(path=f"/var/lib/db/{n:02}", why="its mode hides it", digest=str(n))
        for n in range(SHOWN + 5)
    ]
    (told,) = said(*hidden)
    first, *others = told.split("\n")
    assert first == "/var/lib/db/: 25 files below look like secrets: its mode hides it"
    assert others[0] == "  /var/lib/db/00: its mode hides it"
    assert others[-2:] == [
        "  and 5 more",
        "To mend it: add its files to the field Secrets, as '/var/lib/db/* node'; if "
        "everybody may read it, add '/var/lib/db/ REASON' to the field Public",
    ]


def test_each_directory_of_a_tree_is_named_in_the_remedy() -> None:
    hidden = [
        Suspect(
            path=f"/etc/d/{place}{n}.ldif", why="its mode hides it", private=True, digest=f"{n}"
        )
        for n, place in enumerate(("", *["cn=a/"] * 8))
    ]
    (told,) = said(*hidden)
    assert told.splitlines()[-1] == (
        "To mend it: add its files to the field Secrets, as '/etc/d/*.ldif node', "
        "'/etc/d/cn=a/* node'"
    )
