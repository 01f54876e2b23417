"""Which packages a lock chooses, and why; and what is refused."""

from qlumod.model.names import ModuleName
from tests.lock.build_host import BuildHost, table, versions


def test_core_comes_first_and_a_module_holds_only_what_core_does_not(host: BuildHost) -> None:
    offered = host.offer(
        host.deb("libc"),
        host.deb("hello", "1", depends="libc"),
        host.deb("munge", depends="libmunge, libc"),
        host.deb("libmunge"),
        host.deb("unused"),
    )
    host.host_knows(offered)
    host.spec("slurm", "munge", "hello")
    locked = host.lock()
    assert table(locked) == {
        "apt": "1 · core · every root has apt",
        "base-files": "1 · core · essential",
        "hello": "1 · core · requested by core",
        "libc": "1 · core · hello depends on it",
        "libmunge": "1 · slurm · munge depends on it",
        "munge": "1 · slurm · requested by slurm",
    }
    assert locked.path == host.specs / "locks/14.0.0-bookworm-amd64.lock"
    assert [(a.archive, a.suite, a.key) for a in locked.lock.archives] == [
        ("test", "stable", host.key.fingerprint)
    ]
    assert locked.lock.epoch == 1_700_000_000
    assert dict(locked.lock.revisions) == {"core": 1, "slurm": 1}
    assert not host.lock().changed


def test_a_package_of_two_siblings_is_in_both_and_in_one_version(host: BuildHost) -> None:
    host.offer(
        host.deb("shared", "1"),
        host.deb("shared", "2"),
        host.deb("aa", depends="shared (<< 2)"),
        host.deb("bb", depends="shared"),
    )
    host.spec("ma", "aa", "shared (<< 2)")
    host.spec("mb", "bb")
    assert table(host.lock())["shared"] == "1 · ma mb · requested by ma"


def test_a_package_outside_the_main_area_says_its_section(host: BuildHost) -> None:
    host.offer(
        host.deb("free", fields={"Section": "net"}),
        host.deb("microcode", fields={"Section": "non-free-firmware/admin"}),
    )
    host.spec("m", "free", "microcode")
    locked = host.lock()
    sections = {package.package: package.section for package in locked.lock.of(ModuleName("m"))}
    assert sections == {"free": "", "microcode": "non-free-firmware/admin"}
    assert "\nSection: non-free-firmware/admin\n" in locked.path.read_text()
    assert not host.lock().changed


def test_the_newest_version_that_a_relation_allows_is_chosen(host: BuildHost) -> None:
    host.offer(*(host.deb("tool", version) for version in ("1.0", "1.5", "2:0.1")))
    host.spec("m", "tool (<< 2:0)")
    assert versions(host.lock())["tool"] == "1.5"


def test_a_preferred_package_satisfies_alternatives_and_is_not_there_where_nobody_needs_it(
    host: BuildHost,
) -> None:
    host.offer(
        host.deb("mta-one", fields={"Provides": "mta"}),
        host.deb("mta-two", fields={"Provides": "mta"}),
        host.deb("idle"),
        host.deb("needs-mta", depends="mta-one | mta"),
    )
    host.spec("m", "needs-mta", fields={"Prefer": "mta-two, idle"})
    assert sorted(p.package for p in host.lock().lock.of("m")) == ["mta-two", "needs-mta"]


def test_recommended_packages_come_only_where_the_spec_says_so(host: BuildHost) -> None:
    host.offer(
        host.deb("aa", fields={"Recommends": "extra"}),
        host.deb("bb", fields={"Recommends": "more"}),
        host.deb("extra"),
        host.deb("more"),
    )
    host.spec("ma", "aa")
    host.spec("mb", "bb", fields={"Recommends": "yes"})
    locked = host.lock().lock
    assert [p.package for p in locked.of("ma")] == ["aa"]
    assert [(p.package, p.reason) for p in locked.of("mb")] == [
        ("bb", "requested by mb"),
        ("more", "bb recommends it"),
    ]


def test_requests_that_cannot_be_met_are_all_reported_at_once(host: BuildHost) -> None:
    host.offer(
        host.deb("slurmd"),
        host.deb("tool", "1.0"),
        host.deb("tool", "1.5"),
        host.deb("postfix", fields={"Provides": "mta"}),
        host.deb("exim", fields={"Provides": "mta"}),
    )
    host.spec("slurm", "slurmdd", "zzz", "tool (>= 2)", "mta")
    assert host.refusal() == (
        "TOP/module-specs/slurm.module:7: Packages: there is no package slurmdd\n"
        "  close names: slurmd\n"
        "TOP/module-specs/slurm.module:8: Packages: there is no package zzz\n"
        "TOP/module-specs/slurm.module:9: Packages: no version of tool is >= 2\n"
        "  there is: 1.5, 1.0\n"
        "TOP/module-specs/slurm.module:10: Packages: mta is a virtual package\n"
        "  it is provided by: exim, postfix\n"
        "To mend it: name one of them"
    )


def test_an_uninstallable_module_is_refused_with_apts_own_reason(host: BuildHost) -> None:
    host.offer(
        host.deb("slurmd", depends="libhwloc (>= 2.12), munge"),
        host.deb("libhwloc", "2.9"),
        host.deb("munge"),
    )
    host.spec("slurm", "slurmd")
    assert host.refusal() == (
        "TOP/module-specs/slurm.module: slurm cannot be installed\n"
        "   slurmd : Depends: libhwloc (>= 2.12) but it is not going to be installed\n"
        "  there is libhwloc in 2.9"
    )
    assert not (host.specs / "locks").exists()


def test_an_uninstallable_core_is_refused_with_apts_own_reason(host: BuildHost) -> None:
    host.offer(host.deb("hello", "2", depends="nowhere"))
    assert host.refusal() == (
        "TOP/module-specs/core.module: core cannot be installed\n"
        "   hello : Depends: nowhere but it is not installable"
    )


def test_a_module_that_would_move_a_package_of_core_is_refused(host: BuildHost) -> None:
    host.offer(
        host.deb("libc", "1"),
        host.deb("libc", "2"),
        host.deb("hello", "2", depends="libc (<< 2)"),
        host.deb("slurmd", depends="libc (>= 2)"),
    )
    host.spec("core", "libc (<< 2)", requires="")
    host.spec("slurm", "slurmd")
    assert host.refusal() == (
        "TOP/module-specs/slurm.module: slurm would change packages of a module below it\n"
        "  slurm would move libc of core: 1 → 2\n"
        "To mend it: let libc move in the module that holds it, or ask in slurm for versions that"
        " go with it"
    )


def test_a_module_that_would_remove_a_package_of_core_is_refused(host: BuildHost) -> None:
    host.offer(host.deb("goodbye", fields={"Conflicts": "hello"}))
    host.spec("slurm", "goodbye")
    assert host.refusal() == (
        "TOP/module-specs/slurm.module: slurm would change packages of a module below it\n"
        "  slurm would remove hello 1 of core\n"
        "To mend it: let hello move in the module that holds it, or ask in slurm for versions that"
        " go with it"
    )


def test_a_module_that_asks_for_another_version_of_cores_package_is_refused(
    host: BuildHost,
) -> None:
    host.offer(host.deb("hello", "2"))
    host.spec("slurm", "hello (<< 2)")
    assert host.refusal() == (
        "TOP/module-specs/slurm.module: slurm would change packages of a module below it\n"
        "  slurm would move hello of core: 2 → 1\n"
        "To mend it: let hello move in the module that holds it, or ask in slurm for versions that"
        " go with it"
    )


def test_siblings_that_ask_for_two_versions_of_one_package_are_refused(host: BuildHost) -> None:
    host.offer(host.deb("tool", "1"), host.deb("tool", "2"))
    host.spec("ma", "tool (<< 2)")
    host.spec("mb", "tool (>= 2)")
    assert host.refusal() == (
        "TOP/module-specs/mb.module:7: Packages: mb asks for tool (>= 2), but ma has it in 1\n"
        "  all modules of an image have one version of each package\n"
        "To mend it: ask for versions that go together, or write 'Conflicts: ma'"
    )


def test_modules_that_exclude_each_other_may_hold_conflicting_packages(host: BuildHost) -> None:
    host.offer(
        host.deb("client", "7"),
        host.deb("client-8", "8", fields={"Conflicts": "client"}),
    )
    host.spec("seven", "client", fields={"Conflicts": "eight"})
    host.spec("eight", "client-8")
    locked = host.lock().lock
    assert [p.package for p in locked.of("seven")] == ["client"]
    assert [p.package for p in locked.of("eight")] == ["client-8"]
    assert not host.lock().changed


def test_a_dependency_that_a_sibling_has_ruled_out_is_explained(host: BuildHost) -> None:
    host.offer(
        host.deb("tool", "1"),
        host.deb("tool", "2"),
        host.deb("user", depends="tool (>= 2)"),
    )
    host.spec("ma", "tool (<< 2)")
    host.spec("mb", "user")
    assert host.refusal() == (
        "TOP/module-specs/mb.module: mb cannot be installed\n"
        "   user : Depends: tool (>= 2) but 1 is to be installed\n"
        "  there is tool in 2, 1\n"
        "  tool is held at 1, as ma has it\n"
        "To mend it: if that is how it is, write 'Conflicts: ma'"
    )
