"""The table of rules over the paths of a real Debian root."""

from collections import Counter

import pytest

from qlumod.packaging.debian.state.caches import CACHES
from qlumod.packaging.debian.state.dropped import DROPPED
from qlumod.packaging.debian.state.state_table import STATE_TABLE
from qlumod.state.identity import FIXED
from qlumod.state.kind import matched_by
from tests.state.golden import recorded

DATABASES = {"alternatives", "dpkg-triggers"}
"""Kinds that are a file per name: whole directories of theirs, of which every byte is compared."""

RULED = {rule.name for rule in STATE_TABLE.rules} - DATABASES - {"mount-points"}

COUNTS = {
    "account-backups": 4, "accounts": 6, "alternatives": 133, "apt-cache": 1,
    "apt-extended-states": 1, "apt-lists": 1, "apt-of-the-build": 2, "boot": 3,
    "ca-certificates": 1,
    "debconf-config": 1, "debconf-passwords": 1, "debconf-templates": 1, "depmod": 10,
    "dpkg-backups": 5, "dpkg-diversions": 1, "dpkg-statoverride": 1, "dpkg-status": 1,
    "dpkg-triggers": 6, "host-names": 2, "hwdb": 1, "info": 1,
    "journal-catalog": 1, "ld.so": 1, "locks": 4, "machine-id": 1, "mount-points": 12,
    "nsswitch": 1, "pam": 11, "shells": 1, "shells-state": 1, "ucf-backups": 9,
    "ucf-hashfile": 1, "ucf-registry": 1,
}  # fmt: skip


def claimants(path, target=""):
    return [rule.name for rule in STATE_TABLE.rules if rule.claims(path, target)]


def test_every_path_of_a_debian_root_has_the_recorded_rule_and_no_second_one():
    wrong = [
        (path, claimants(path, target))
        for name, _, path, target in recorded()
        if claimants(path, target) != ([] if name == "-" else [name])
    ]
    assert wrong == []


def test_looking_a_rule_up_finds_what_asking_all_rules_finds():
    for _, _, path, target in recorded():
        rule = STATE_TABLE.rule_of(path, target)
        assert claimants(path, target) == ([rule.name] if rule else [])


def test_each_rule_takes_as_many_paths_as_it_did():
    assert Counter(name for name, *_ in recorded() if name != "-") == COUNTS


def test_no_rule_takes_a_file_that_a_package_owns_but_the_kernels():
    owned = [(name, path) for name, owner, path, _ in recorded() if owner == "package"]
    assert [path for name, path in owned if name == "boot"] == [
        "/boot/System.map-6.1.0-56-amd64",
        "/boot/vmlinuz-6.1.0-56-amd64",
    ]
    assert {name for name, _ in owned} == {"-", "boot"}


def test_no_rule_takes_an_unknown_file_beside_one_that_it_takes():
    ruled = {path.rpartition("/")[0] for name, _, path, _ in recorded() if name in RULED}
    strangers = {f"{directory}/zz-stranger" for directory in ruled}
    claimed = {path: names for path in strangers if (names := claimants(path))}
    # dpkg's Lock lies in its database of triggers.
    assert claimed == {"/var/lib/dpkg/triggers/zz-stranger": ["dpkg-triggers"]}


@pytest.mark.parametrize("rule", [*CACHES, *DROPPED, *FIXED], ids=lambda rule: rule.name)
def test_no_pattern_is_a_whole_directory(rule):
    for pattern in rule.patterns:
        name = pattern.rpartition("/")[2]
        assert name.replace("*", "") not in ("", "."), pattern
        assert not pattern.startswith("**/") or name.startswith("*."), pattern


def test_whole_trees_are_dropped_only_where_a_node_mounts_something():
    trees = [tree for rule in DROPPED for tree in rule.trees]
    assert trees == ["/dev", "/proc", "/run", "/sys", "/tmp"]


def test_every_rule_has_a_name_of_its_own():
    names = [rule.name for rule in STATE_TABLE.rules]
    assert len(names) == len(set(names))


def test_every_dropped_and_fixed_path_has_a_reason():
    assert all(rule.reason for rule in (*DROPPED, *FIXED))


def test_accounts_are_written_before_files_with_owners_by_name():
    assert STATE_TABLE.kinds[0].name == "accounts"


def test_a_kind_is_found_by_name():
    assert STATE_TABLE.kind_named("nsswitch") in STATE_TABLE.kinds
    assert STATE_TABLE.kind_named("nonsense") is None


def test_the_machine_id_is_there_and_empty_in_every_stack():
    assert {path: file.data for path, file in STATE_TABLE.identity.items()} == {
        "/etc/machine-id": b""
    }


@pytest.mark.parametrize(
    ("path", "pattern", "matched"),
    [
        ("/usr/lib/modules/6.1.0/modules.dep", "/usr/lib/modules/*/modules.dep", "6.1.0"),
        ("/usr/lib/modules/a/b/modules.dep", "/usr/lib/modules/*/modules.dep", None),
        ("/etc/ld.so.cache", "/etc/ld.so.cache", ""),
        ("/etc/ldxso.cache", "/etc/ld.so.cache", None),
        ("/any/where/x.dpkg-new", "**/*.dpkg-new", "x"),
        ("/any/x.dpkg-new/y", "**/*.dpkg-new", None),
        ("/etc/[a]", "/etc/[a]", ""),
        ("/etc/a", "/etc/[a]", None),
        ("/etc/core", "**/core", ""),
    ],
)
def test_a_star_stays_within_one_name(path, pattern, matched):
    assert matched_by(path, pattern) == matched


@pytest.mark.parametrize(
    ("name", "paths", "commands"),
    [
        ("ld.so", ["/etc/ld.so.cache"], [("/usr/sbin/ldconfig",)]),
        (
            "depmod",
            [
                "/usr/lib/modules/6.1.0-1-amd64/modules.dep",
                "/usr/lib/modules/6.1.0-1-amd64/modules.alias",
                "/usr/lib/modules/6.1.0-2-amd64/modules.dep",
            ],
            [
                ("/usr/sbin/depmod", "-a", "6.1.0-1-amd64"),
                ("/usr/sbin/depmod", "-a", "6.1.0-2-amd64"),
            ],
        ),
        ("depmod", [], []),
    ],
)
def test_a_cache_knows_the_calls_that_make_it_anew(name, paths, commands):
    (cache,) = (cache for cache in CACHES if cache.name == name)
    assert list(cache.commands(paths)) == commands
