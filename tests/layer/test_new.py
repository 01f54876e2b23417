"""A newcomer's module: what `qlumod new` writes passes all that comes after it."""

import shutil
from pathlib import Path

import pytest

from tests.conftest import Answer, CommandLine
from tests.layer.small_release import ACCOUNTS, SmallRelease
from tests.support.debs import make_deb

SPEC = """\
Format: 1
Module: fresh
# The name and the group in which lists show the module.
Title: Fresh
Stack-Group: HPC Stack
# All flavors have the module; for one flavor, write:
# Flavors: bookworm
# The modules on which it is built, whose packages are not in this one.
Requires: core
# The wanted packages; apt adds their dependencies. 'name (>= 1.2)' needs a version, and
# 'name <bookworm>' is for one flavor only.
Packages:
 homely,
 plain (>= 0.5),
# apt installs recommended packages only with this field:
# Recommends: yes
# Units that packages enable, but that nodes shall not start by default:
# Disable: example.service
# Keys and passwords, which are in no layer; 'site' for many nodes, 'node' for one:
# Secrets:
#  /etc/example/key site
# A synopsis, then lines about the content and about the site's configuration.
Description: Fresh
 Made of the packages homely, plain.
"""
STANZAS = """\

# fresh
Group: homely
Gid: 400
Packages: homely

User: homely
Uid: 400
Group: homely
Home: /var/lib/homely
Home-Mode: 0755
Shell: /usr/sbin/nologin
Packages: homely
"""
MAKES_A_USER = "adduser --system --group --home /var/lib/homely homely"


class Newcomer:
    """A person with a copy of the small release, whose core is built already."""

    def __init__(self, release: SmallRelease, qlumod: CommandLine) -> None:
        self.specs = qlumod.directory / "module-specs"
        shutil.copytree(release.specs, self.specs)
        for module in ("failing", "leaky", "meddling", "unregistered"):
            (self.specs / f"{module}.module").unlink()
        make_deb(
            self.specs / "debs", "homely", depends="adduser", scripts={"postinst": MAKES_A_USER}
        )
        shutil.rmtree(self.specs / "locks")
        self.cache = release.cache
        self.qlumod = qlumod

    def types(self, *words: str) -> Answer:
        return self.qlumod(*words, QLUMOD_CACHE=str(self.cache))

    def files(self) -> dict[str, str]:
        return {path.name: path.read_text() for path in self.specs.iterdir() if path.is_file()}


@pytest.fixture
def newcomer(release: SmallRelease, qlumod: CommandLine) -> Newcomer:
    return Newcomer(release, qlumod)


def test_a_new_module_passes_check_lock_build_and_verify_stack_at_once(newcomer: Newcomer) -> None:
    before = newcomer.files()
    made = newcomer.types("new", "fresh", "--packages", "homely, plain (>= 0.5)")
    assert made.status == 0, made.err
    assert made.out.splitlines()[:2] == [
        "module-specs/fresh.module: written",
        "module-specs/accounts: has now the accounts that its packages create; review them",
    ]
    expected = {**before, "fresh.module": SPEC, "accounts": ACCOUNTS + STANZAS}
    assert newcomer.files() == expected
    for words in (
        ("check",),
        ("lock",),
        ("build", "fresh", "--output", "packages"),
        ("verify-stack", "fresh"),
    ):
        answer = newcomer.types(*words)
        assert answer.status == 0, f"qlumod {' '.join(words)}\n{answer.out}{answer.err}"
    again = newcomer.types("new", "fresh", "--packages", "plain")
    assert (again.status, again.err.splitlines()[:2]) == (
        1,
        [
            "qlumod: error: module-specs/fresh.module is there already, and is not overwritten",
            "To mend it: edit it, or choose another name",
        ],
    )


def test_a_dry_run_tells_both_files_and_writes_neither(newcomer: Newcomer) -> None:
    before = newcomer.files()
    words = ("new", "fresh", "--packages", "homely, plain (>= 0.5)", "--dry-run", "--json")
    answer = newcomer.types(*words)
    assert answer.status == 0, answer.err
    document = answer.document
    assert (document["spec"], document["text"]) == ("module-specs/fresh.module", SPEC)
    stanzas = "\n".join(stanza.strip() + "\n" for stanza in document["accounts"])
    assert stanzas == STANZAS.removeprefix("\n# fresh\n")
    assert (document["written"], newcomer.files()) == (False, before)


@pytest.mark.parametrize(
    "words, said",
    [
        (["--packages", "absent"], "module-specs/fresh.module:13: Packages: "),
        (["--packages", "leaky"], "/etc/leaky/id: this looks like a secret"),
        (["--packages", "a | b"], "'a | b'"),
        (["--packages", "plain", "--requires", "none"], "there is no module 'none'"),
        (["--packages", "plain", "--flavors", "none"], "the release has no flavor 'none'"),
    ],
)
def test_where_it_does_not_work_nothing_is_written(
    newcomer: Newcomer, words: list[str], said: str
) -> None:
    before = newcomer.files()
    answer = newcomer.types("new", "fresh", *words)
    assert answer.status == 1
    assert said in answer.err
    assert newcomer.files() == before


def test_without_a_trial_the_spec_is_written_as_it_is(newcomer: Newcomer) -> None:
    words = (
        "--title", "A Key", "--stack-group", "Test", "--flavors", "bookworm",
        "--requires", "core,plain", "--description", "Leaks", "--no-trial",
    )  # fmt: skip
    answer = newcomer.types("new", "keyed", "--packages", "leaky", *words)
    assert answer.status == 0, answer.err
    lines = Path(newcomer.specs / "keyed.module").read_text().splitlines()
    assert [line for line in lines if not line.startswith("#")] == [
        "Format: 1",
        "Module: keyed",
        "Title: A Key",
        "Stack-Group: Test",
        "Flavors: bookworm",
        "Requires: core, plain",
        "Packages:",
        " leaky,",
        "Description: Leaks",
        " Made of the packages leaky.",
    ]
    assert newcomer.types("check").status == 0


def test_the_shell_offers_stack_groups_and_the_next_module_of_a_list(newcomer: Newcomer) -> None:
    def offered(*words: str) -> list[str]:
        typed = "\n".join(("qlumod", *words))
        answer = newcomer.qlumod(_QLUMOD_COMPLETE="1", COMP_WORDS=typed, COMP_CURRENT="core,si")
        return answer.out.splitlines()

    assert [line.split("\t")[1] for line in offered("new", "x", "--requires")] == ["core,sibling"]
