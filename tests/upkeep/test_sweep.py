"""The sweep's rules: drawing, batching, remedies, outcomes and the page."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from upkeep.sweep.batching import Owned, Proof, batches, owners, settle
from upkeep.sweep.candidates import newest
from upkeep.sweep.drawing import GROUPS, Candidate, group_of, queue_of, rule
from upkeep.sweep.outcomes import (
    Kind,
    Outcome,
    answer,
    differences,
    keep,
    kept_outcomes,
    proved,
    taken_over,
    told,
    write_outcome,
)
from upkeep.sweep.place import SweepPlace
from upkeep.sweep.proving import compared
from upkeep.sweep.remedies import Remedy, mended_accounts, mended_spec, remedies
from upkeep.sweep.rounds import BATCH, Clock, sweep
from upkeep.sweep.table import Sweep, filled, page

ROOT = Path(__file__).resolve().parents[2]


def candidate(name: str, section: str = "net", **changes: object) -> Candidate:
    values = {"version": "1", "component": "main"} | changes
    return Candidate(name=name, section=section, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("drawn", "group"),
    [
        (candidate("nginx", "httpd"), "services"),
        (candidate("gimp", "graphics"), "desktops"),
        (candidate("r-cran-abind", "gnu-r"), "languages"),
        (candidate("gromacs", "science"), "HPC"),
        (candidate("zfs-dkms", "kernel", component="contrib"), "kernel modules"),
        (candidate("v4l2loopback-dkms", "video"), "kernel modules"),
        (candidate("linux-image-6.1.0-50-amd64", "kernel"), "all other sections"),
        (candidate("cuda", "devel", component="non-free"), "contrib and non-free"),
        (candidate("libfoo1", "libs"), "all other sections"),
        (candidate("odd", "a-section-of-tomorrow"), "all other sections"),
    ],
)
def test_a_package_belongs_to_the_first_group_that_has_it(drawn: Candidate, group: str) -> None:
    assert group_of(drawn).name == group


def test_the_shares_of_all_groups_are_a_whole() -> None:
    assert sum(group.share for group in GROUPS) == 100


MANY = [
    candidate(f"{section}{n}", section)
    for section in ("net", "gnome", "python", "science", "kernel", "libs")
    for n in range(60)
] + [candidate(f"free{n}", "net", component="non-free") for n in range(60)]


def test_each_group_has_its_share_of_a_sample() -> None:
    drawn = Counter(group_of(one).name for one in queue_of(MANY, "1")[:100])
    assert drawn == {group.name: group.share for group in GROUPS}


def test_a_larger_sample_contains_the_smaller_one_and_the_order_of_the_archives_is_nothing() -> (
    None
):
    assert queue_of(reversed(MANY), "1") == queue_of(MANY, "1")
    assert sorted(queue_of(MANY, "1")) == sorted(MANY)


def test_another_seed_is_another_sample() -> None:
    one, other = (set(queue_of(MANY, seed)[:50]) for seed in "12")
    assert len(one & other) < 25


def test_the_newest_version_of_a_package_may_be_drawn() -> None:
    versions = [candidate("a", version=version) for version in ("1.9", "1.10", "1.10~rc1")]
    assert [one.version for one in newest(versions)] == ["1.10"]


def test_packages_that_conflict_share_no_batch() -> None:
    mta = {"conflicts": ("mail-transport-agent",), "provides": ("mail-transport-agent",)}
    exim, postfix = candidate("exim4", **mta), candidate("postfix", **mta)
    nginx, bind, squid = map(candidate, ("nginx", "bind9", "squid"))
    made = batches([exim, postfix, nginx, bind, squid], 3)
    assert made == [(exim, nginx, bind), (postfix, squid)]


class Proofs:
    """Stacks whose proofs are known; `asked` has them in their order."""

    def __init__(
        self,
        *different: Sequence[str],
        traced: bool = False,
        partly: bool = False,
        refused: str = "",
    ) -> None:
        self.different = [frozenset(one) for one in different]
        self.traced, self.partly, self.refused = traced, partly, refused
        self.asked: list[str] = []

    def __call__(self, modules: Sequence[str]) -> Proof:
        self.asked.append("".join(modules))
        found = [one for one in self.different if one <= set(modules)]
        if not found:
            return Proof()
        if self.refused:
            return Proof(refused=self.refused)
        culprits = frozenset().union(*found) if self.traced else frozenset()
        return Proof(
            differences=("/x: content",),
            culprits=culprits,
            traced=self.traced and not self.partly,
        )


@pytest.mark.parametrize(
    ("proofs", "asked", "unequal", "beside"),
    [
        (Proofs(), ["abcd"], "", ""),
        (Proofs("c"), ["abcd", "ab", "cd", "c", "d"], "c", ""),
        (Proofs("c", traced=True), ["abcd", "c"], "c", ""),
        (Proofs("c", traced=True, partly=True), ["abcd", "c", "abd"], "c", ""),
        (Proofs("ac", traced=True), ["abcd", "a", "c"], "", "ac"),
        (Proofs("ac"), ["abcd", "ab", "cd"], "", "abcd"),
        (Proofs("c", refused="no"), ["abcd", "ab", "cd", "c", "d"], "c", ""),
        (Proofs("ac", refused="they conflict"), ["abcd", "ab", "cd"], "", ""),
    ],
    ids=["equal", "halves", "traced", "partly", "two together", "untraced", "refused", "conflict"],
)
def test_a_difference_is_traced_to_its_module(
    proofs: Proofs, asked: list[str], unequal: str, beside: str
) -> None:
    settled = settle("abcd", proofs)
    assert proofs.asked == asked
    assert "".join(sorted(name for name in settled if not settled[name].equal)) == unequal
    noted = {name: proof.beside for name, proof in settled.items() if proof.beside}
    assert noted == dict.fromkeys(beside, ("the stack of a, b, c, d:", "/x: content"))
    assert sorted(settled) == list("abcd")


OWNED = {
    "a": Owned(
        paths=frozenset({"/usr/bin/a", "/etc/init.d/da"}), packages=frozenset({"a", "libc6"})
    ),
    "b": Owned(paths=frozenset({"/usr/bin/b"}), packages=frozenset({"b", "libc6"})),
}


@pytest.mark.parametrize(
    ("path", "subject", "modules"),
    [
        ("/usr/bin/a", "", {"a"}),
        ("/var/lib/dpkg/status", "b", {"b"}),
        ("/var/lib/dpkg/status", "libc6", {"a", "b"}),
        ("/etc/rc2.d/S01da", "", {"a"}),
        ("/etc/shells", "", set()),
    ],
)
def test_what_differs_belongs_to_the_module_that_has_the_path_or_the_package(
    path: str, subject: str, modules: set[str]
) -> None:
    assert owners(path, subject, OWNED) == modules


def test_a_module_is_asked_to_leave_out_only_what_no_two_installations_make_alike() -> None:
    one = {"aspect": "content", "subject": "", "reference": "1", "stack": "2"}
    unlike = {**one, "path": "/usr/bin/a", "any_two": True}
    other = {**one, "path": "/usr/bin/b"}
    only = compared([unlike], OWNED)
    assert (only.unalike, only.any_two, only.traced) == ({"a": ("/usr/bin/a",)}, True, True)
    both = compared([unlike, other], OWNED)
    assert (both.unalike, both.any_two) == ({"a": ("/usr/bin/a",)}, False)
    assert both.culprits == {"a", "b"}
    stray = compared([{**other, "path": "/etc/shells"}], OWNED)
    assert (stray.culprits, stray.traced, stray.any_two) == (frozenset(), False, False)
    assert compared([], OWNED) == Proof(traced=True)


TREE = """\
/etc/d/: 9 files below look like secrets: its mode hides it
  /etc/d/a.ldif: its mode hides it
To mend it: add its files to the field Secrets, as '/etc/d/*.ldif node', '/etc/d/cn=a/* node'; if \
everybody may read it, add '/etc/d/ REASON' to the field Public"""
ACCOUNTS = """\
munge: packages make accounts that have no fixed id in the account table

  Group: munge
  Gid: 414
  Packages: munge

  User: munge
  Uid: 414
To mend it: add these stanzas to module-specs/accounts"""
SECRETS = """\
/etc/a.key: this looks like a secret: it holds a private key
  with it goes /etc/a.pem: it is its public half
To mend it: add all these paths to the field Secrets, as '/etc/a.key site' if many nodes share it, \
or as '/etc/a.key node' if each node has its own
/etc/b: the build changed this path of a module below
To mend it: if this module's is right for every stack, add /etc/b to the field Wins"""


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a: a fault", ()),
        ("a: a fault\nTo mend it: see the log", ()),
        (
            "a: modules\nTo mend it: add 'a*: /b/*', 'c: /d' to the field Restore, so that; or not",
            (
                Remedy(field="Restore", entry="a*: /b/*"),
                Remedy(field="Restore", entry="c: /d"),
            ),
        ),
        (
            TREE,
            (
                Remedy(field="Secrets", entry="/etc/d/*.ldif node"),
                Remedy(field="Secrets", entry="/etc/d/cn=a/* node"),
            ),
        ),
        (
            ACCOUNTS,
            (
                Remedy(entry="Group: munge\nGid: 414\nPackages: munge"),
                Remedy(entry="User: munge\nUid: 414"),
            ),
        ),
        (
            SECRETS,
            (
                Remedy(field="Secrets", entry="/etc/a.key node"),
                Remedy(field="Secrets", entry="/etc/a.pem node"),
                Remedy(field="Wins", entry="/etc/b"),
            ),
        ),
        (
            "a\nTo mend it: add it to the field Secrets, as '/etc/k site'; if everybody may read"
            " it, add '/etc/k REASON' to the field Public",
            (Remedy(field="Secrets", entry="/etc/k site"),),
        ),
        (
            "a\nTo mend it: add '/usr/share/x/*' to the field Exclude",
            (Remedy(field="Exclude", entry="/usr/share/x/*"),),
        ),
    ],
)
def test_what_an_error_asks_to_add_is_read(text: str, found: tuple[Remedy, ...]) -> None:
    assert remedies(text) == found


SPEC = "Module: a\nPackages:\n a,\nDescription: A\n Made of a.\n"


def test_entries_are_added_to_a_spec_and_to_the_account_table() -> None:
    wanted = [
        Remedy(field="Secrets", entry="/k node"),
        Remedy(field="Secrets", entry="/l node"),
        Remedy(field="Packages", entry="b"),
        Remedy(entry="Group: g\nGid: 1"),
    ]
    assert mended_spec(SPEC, wanted) == (
        "Module: a\nPackages:\n b,\n a,\nSecrets:\n /l node\n /k node\n"
        "Description: A\n Made of a.\n"
    )
    assert mended_accounts("Format: 1\n", wanted) == "Format: 1\n\nGroup: g\nGid: 1\n"
    assert mended_accounts("Format: 1\n", wanted[:1]) == "Format: 1\n"


BUILT = Outcome(package="a", version="1", kind=Kind.EQUAL, group="services", section="net")
MENDED = Outcome(
    package="b",
    version="2",
    kind=Kind.EQUAL,
    group="services",
    section="net",
    followed=("Wins: /b",),
)


@pytest.mark.parametrize(
    ("outcome", "proof", "kind", "reason"),
    [
        (BUILT, Proof(), Kind.EQUAL, ()),
        (MENDED, Proof(), Kind.MENDED, ()),
        (BUILT, Proof(differences=("/x: mode",)), Kind.FAULT, ("/x: mode",)),
        (BUILT, Proof(differences=("/x: mode",), any_two=True), Kind.REFUSED, ("/x: mode",)),
        (BUILT, Proof(refused="no\nsolution"), Kind.REFUSED, ("no", "solution")),
        (BUILT, Proof(refused="status -9", crashed=True), Kind.FAULT, ("status -9",)),
    ],
)
def test_a_proof_decides_the_outcome(
    outcome: Outcome, proof: Proof, kind: Kind, reason: tuple[str, ...]
) -> None:
    found = proved(outcome, proof)
    assert (found.kind, found.reason) == (kind, reason)


def test_an_error_of_qlumod_is_read_and_a_crash_is_none() -> None:
    error = '{"errors": [{"brief": "a", "details": ["b"], "remedy": "c"}]}'
    assert answer(1, error, "").error == "a\n  b\nTo mend it: c"
    assert answer(3, '{"equal": false}', "").error == ""
    left = '{"left_to_do": [{"brief": "a", "details": [], "remedy": "c"}]}'
    assert answer(3, left, "").error == "a\nTo mend it: c"
    crash = answer(1, "", "Traceback\nKeyError")
    assert (crash.crashed, crash.error) == (True, "status 1\nTraceback\nKeyError")


@pytest.mark.parametrize(
    ("status", "brief", "halts"),
    [
        (1, "cannot fetch a 1 from the archive debian", True),
        (1, "a: cannot install the packages", False),
        (130, "interrupted", True),
    ],
)
def test_what_is_about_the_host_is_no_outcome(status: int, brief: str, halts: bool) -> None:
    error = json.dumps({"errors": [{"brief": brief, "details": [], "remedy": ""}]})
    assert answer(status, error, "").halts is halts


def test_only_differences_that_nothing_permits_are_told() -> None:
    one = {"path": "/x", "aspect": "mode", "subject": "", "reference": "0644", "stack": "0600"}
    found = answer(
        3,
        '{"differences": [{"path": "/x", "aspect": "mode", "subject": "", "reference": "0644",'
        ' "stack": "0600", "permitted": null}, {"path": "/y", "permitted": "left out"}]}',
        "",
    )
    assert differences(found) == ({**one, "permitted": None},)
    assert told(one) == "/x: mode: installation '0644', stack '0600'"
    assert told({**one, "any_two": True}) == (
        "/x: mode, in any two installations: installation '0644', stack '0600'"
    )


def test_an_outcome_is_kept_and_read_again(tmp_path: Path) -> None:
    write_outcome(tmp_path / "outcomes", MENDED)
    write_outcome(tmp_path / "outcomes", BUILT)
    (tmp_path / "outcomes" / "c.new").write_text("half")
    assert list(kept_outcomes(tmp_path / "outcomes")) == [BUILT, MENDED]


def test_another_machine_goes_on_with_the_outcomes_of_a_file(tmp_path: Path) -> None:
    kept, here = tmp_path / "kept.jsonl", tmp_path / "here"
    taken_over(here, kept)
    keep([MENDED, BUILT], kept)
    assert [json.loads(line)["package"] for line in kept.read_text().splitlines()] == ["a", "b"]
    newer = replace(BUILT, version="2")
    write_outcome(here, newer)
    taken_over(here, kept)
    assert list(kept_outcomes(here)) == [newer, MENDED]


def test_a_stopped_sweep_goes_on_with_what_its_round_had_built(tmp_path: Path) -> None:
    place = SweepPlace(directory=tmp_path, flavor="bookworm", cache=tmp_path / "cache")
    queue = [candidate(f"p{number}") for number in range(BATCH + 1)]
    for tried in queue[:BATCH]:
        write_outcome(place.outcomes, replace(BUILT, package=tried.name))
    write_outcome(place.built, replace(BUILT, package=queue[BATCH].name))
    sweep(place, queue, Clock(ends=0), print)
    assert [one.package for one in kept_outcomes(place.built)] == [queue[BATCH].name]


def test_the_page_counts_and_tells_each_refusal_and_fault() -> None:
    found = (
        proved(BUILT, Proof(beside=("the stack of a, c:", "/y: missing"))),
        proved(MENDED, Proof()),
        proved(BUILT, Proof(refused="no solution for a*\nmend `a`\n2\n3\n4")),
        proved(MENDED, Proof(differences=("/x: mode",))),
    )
    lines = list(page(Sweep(flavor="bookworm", drawn="seed 1", wanted=5, outcomes=found)))
    assert lines == [
        "## bookworm",
        "",
        "Drawn: seed 1. Tried: 4 of 5. Equal, with or without a remedy: 2 (50.0 %).",
        "",
        "| group | equal | equal after the printed remedy was followed | refused | fault | all |",
        "|---|---|---|---|---|---|",
        "| kernel modules | 0 | 0 | 0 | 0 | 0 |",
        "| contrib and non-free | 0 | 0 | 0 | 0 | 0 |",
        "| services | 1 | 1 | 1 | 1 | 4 |",
        "| desktops | 0 | 0 | 0 | 0 | 0 |",
        "| languages | 0 | 0 | 0 | 0 | 0 |",
        "| HPC | 0 | 0 | 0 | 0 | 0 |",
        "| all other sections | 0 | 0 | 0 | 0 | 0 |",
        "| **all** | 1 | 1 | 1 | 1 | 4 |",
        "",
        "### Faults",
        "",
        "- b 2, at verify-stack",
        "  - `/x: mode`",
        "  - `followed: Wins: /b`",
        "",
        "### Refused",
        "",
        "- a 1, at verify-stack",
        "  - `no solution for a*`",
        "  - `` mend `a` ``",
        "  - `2`",
        "  - `3`",
        "  - `…`",
        "",
        "### Drawn modules that differ only together",
        "",
        "- the stack of a, c:",
        "  - `/y: missing`",
        "",
        "### Equal after the printed remedy was followed",
        "",
        "- b 2",
        "  - `Wins: /b`",
        "",
        "### Equal",
        "",
        "a 1.",
    ]


def test_no_line_of_the_page_is_longer_than_a_long_word() -> None:
    many = tuple(replace(BUILT, package=f"package-{number}") for number in range(50))
    title = f"the stack of {', '.join(one.package for one in many)}:"
    found = (*many, proved(BUILT, Proof(beside=(title, "word " * 60))))
    lines = list(page(Sweep(flavor="bookworm", drawn="seed 1", wanted=51, outcomes=found)))
    assert max(map(len, lines)) <= 104


def test_a_flavor_has_its_own_part_of_the_page() -> None:
    one = filled("# Sweep\n", "bookworm", ["old"])
    two = filled(one, "trixie", ["other"])
    assert filled(two, "bookworm", ["new"]) == (
        "# Sweep\n\n<!-- made by make sweep: bookworm -->\n\nnew\n\n<!-- end of bookworm -->\n\n"
        "<!-- made by make sweep: trixie -->\n\nother\n\n<!-- end of trixie -->\n"
    )


def test_the_page_has_the_rule_of_drawing() -> None:
    text = (ROOT / "docs" / "sweep.md").read_text()
    assert "\n".join(rule()) in text, "make sweep PAGE=docs/sweep.md fills it in"
