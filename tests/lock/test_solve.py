"""Which packages a lock chooses, and why; and what is refused."""

from qlumod.model.names import ModuleName
from tests.lock.site import Site, table, versions


def test_core_comes_first_and_a_module_holds_only_what_core_does_not(site: Site) -> None:
    offered = site.offer(
        site.deb("libc"),
        site.deb("hello", "1", depends="libc"),
        site.deb("munge", depends="libmunge, libc"),
        site.deb("libmunge"),
        site.deb("unused"),
    )
    site.host_knows(offered)
    site.spec("slurm", "munge", "hello")
    locked = site.lock()
    assert table(locked) == {
        "apt": "1 · core · every root has apt",
        "base-files": "1 · core · essential",
        "hello": "1 · core · requested by core",
        "libc": "1 · core · hello depends on it",
        "libmunge": "1 · slurm · munge depends on it",
        "munge": "1 · slurm · requested by slurm",
    }
    assert locked.path == site.specs / "locks/14.0.0-bookworm-amd64.lock"
    assert [(a.archive, a.suite, a.key) for a in locked.lock.archives] == [
        ("test", "stable", site.key.fingerprint)
    ]
    assert locked.lock.epoch == 1_700_000_000
    assert dict(locked.lock.revisions) == {"core": 1, "slurm": 1}
    assert not site.lock().changed


def test_a_package_of_two_siblings_is_in_both_and_in_one_version(site: Site) -> None:
    site.offer(
        site.deb("shared", "1"),
        site.deb("shared", "2"),
        site.deb("aa", depends="shared (<< 2)"),
        site.deb("bb", depends="shared"),
    )
    site.spec("ma", "aa", "shared (<< 2)")
    site.spec("mb", "bb")
    assert table(site.lock())["shared"] == "1 · ma mb · requested by ma"


def test_a_package_outside_the_main_area_says_its_section(site: Site) -> None:
    site.offer(
        site.deb("free", fields={"Section": "net"}),
        site.deb("microcode", fields={"Section": "non-free-firmware/admin"}),
    )
    site.spec("m", "free", "microcode")
    locked = site.lock()
    sections = {package.package: package.section for package in locked.lock.of(ModuleName("m"))}
    assert sections == {"free": "", "microcode": "non-free-firmware/admin"}
    assert "\nSection: non-free-firmware/admin\n" in locked.path.read_text()
    assert not site.lock().changed


def test_the_newest_version_that_a_relation_allows_is_chosen(site: Site) -> None:
    site.offer(*(site.deb("tool", version) for version in ("1.0", "1.5", "2:0.1")))
    site.spec("m", "tool (<< 2:0)")
    assert versions(site.lock())["tool"] == "1.5"


def test_a_preferred_package_satisfies_alternatives_and_is_not_there_where_nobody_needs_it(
    site: Site,
) -> None:
    site.offer(
        site.deb("mta-one", fields={"Provides": "mta"}),
        site.deb("mta-two", fields={"Provides": "mta"}),
        site.deb("idle"),
        site.deb("needs-mta", depends="mta-one | mta"),
    )
    site.spec("m", "needs-mta", fields={"Prefer": "mta-two, idle"})
    assert sorted(p.package for p in site.lock().lock.of("m")) == ["mta-two", "needs-mta"]


def test_recommended_packages_come_only_where_the_spec_says_so(site: Site) -> None:
    site.offer(
        site.deb("aa", fields={"Recommends": "extra"}),
        site.deb("bb", fields={"Recommends": "more"}),
        site.deb("extra"),
        site.deb("more"),
    )
    site.spec("ma", "aa")
    site.spec("mb", "bb", fields={"Recommends": "yes"})
    locked = site.lock().lock
    assert [p.package for p in locked.of("ma")] == ["aa"]
    assert [(p.package, p.reason) for p in locked.of("mb")] == [
        ("bb", "requested by mb"),
        ("more", "bb recommends it"),
    ]


def test_requests_that_cannot_be_met_are_all_reported_at_once(site: Site) -> None:
    site.offer(
        site.deb("slurmd"),
        site.deb("tool", "1.0"),
        site.deb("tool", "1.5"),
        site.deb("postfix", fields={"Provides": "mta"}),
        site.deb("exim", fields={"Provides": "mta"}),
    )
    site.spec("slurm", "slurmdd", "zzz", "tool (>= 2)", "mta")
    assert site.refusal() == (
        "TOP/module-specs/slurm.module:7: Packages: there is no package slurmdd\n"
        "  close names: slurmd\n"
        "TOP/module-specs/slurm.module:8: Packages: there is no package zzz\n"
        "TOP/module-specs/slurm.module:9: Packages: no version of tool is >= 2\n"
        "  there is: 1.5, 1.0\n"
        "TOP/module-specs/slurm.module:10: Packages: mta is a virtual package\n"
        "  it is provided by: exim, postfix\n"
        "To mend it: name one of them"
    )


def test_an_uninstallable_module_is_refused_with_apts_own_reason(site: Site) -> None:
    site.offer(
        site.deb("slurmd", depends="libhwloc (>= 2.12), munge"),
        site.deb("libhwloc", "2.9"),
        site.deb("munge"),
    )
    site.spec("slurm", "slurmd")
    assert site.refusal() == (
        "TOP/module-specs/slurm.module: slurm cannot be installed\n"
        "   slurmd : Depends: libhwloc (>= 2.12) but it is not going to be installed\n"
        "  there is libhwloc in 2.9"
    )
    assert not (site.specs / "locks").exists()


def test_an_uninstallable_core_is_refused_with_apts_own_reason(site: Site) -> None:
    site.offer(site.deb("hello", "2", depends="nowhere"))
    assert site.refusal() == (
        "TOP/module-specs/core.module: core cannot be installed\n"
        "   hello : Depends: nowhere but it is not installable"
    )


def test_a_module_that_would_move_a_package_of_core_is_refused(site: Site) -> None:
    site.offer(
        site.deb("libc", "1"),
        site.deb("libc", "2"),
        site.deb("hello", "2", depends="libc (<< 2)"),
        site.deb("slurmd", depends="libc (>= 2)"),
    )
    site.spec("core", "libc (<< 2)", requires="")
    site.spec("slurm", "slurmd")
    assert site.refusal() == (
        "TOP/module-specs/slurm.module: slurm would change packages of a module below it\n"
        "  slurm would move libc of core: 1 → 2\n"
        "To mend it: let libc move in the module that holds it, or ask in slurm for versions that"
        " go with it"
    )


def test_a_module_that_would_remove_a_package_of_core_is_refused(site: Site) -> None:
    site.offer(site.deb("goodbye", fields={"Conflicts": "hello"}))
    site.spec("slurm", "goodbye")
    assert site.refusal() == (
        "TOP/module-specs/slurm.module: slurm would change packages of a module below it\n"
        "  slurm would remove hello 1 of core\n"
        "To mend it: let hello move in the module that holds it, or ask in slurm for versions that"
        " go with it"
    )


def test_a_module_that_asks_for_another_version_of_cores_package_is_refused(site: Site) -> None:
    site.offer(site.deb("hello", "2"))
    site.spec("slurm", "hello (<< 2)")
    assert site.refusal() == (
        "TOP/module-specs/slurm.module: slurm would change packages of a module below it\n"
        "  slurm would move hello of core: 2 → 1\n"
        "To mend it: let hello move in the module that holds it, or ask in slurm for versions that"
        " go with it"
    )


def test_siblings_that_ask_for_two_versions_of_one_package_are_refused(site: Site) -> None:
    site.offer(site.deb("tool", "1"), site.deb("tool", "2"))
    site.spec("ma", "tool (<< 2)")
    site.spec("mb", "tool (>= 2)")
    assert site.refusal() == (
        "TOP/module-specs/mb.module:7: Packages: mb asks for tool (>= 2), but ma has it in 1\n"
        "  all modules of an image have one version of each package\n"
        "To mend it: ask for versions that go together, or write 'Conflicts: ma'"
    )


def test_modules_that_exclude_each_other_may_hold_conflicting_packages(site: Site) -> None:
    site.offer(
        site.deb("client", "7"),
        site.deb("client-8", "8", fields={"Conflicts": "client"}),
    )
    site.spec("seven", "client", fields={"Conflicts": "eight"})
    site.spec("eight", "client-8")
    locked = site.lock().lock
    assert [p.package for p in locked.of("seven")] == ["client"]
    assert [p.package for p in locked.of("eight")] == ["client-8"]
    assert not site.lock().changed


def test_a_dependency_that_a_sibling_has_ruled_out_is_explained(site: Site) -> None:
    site.offer(
        site.deb("tool", "1"),
        site.deb("tool", "2"),
        site.deb("user", depends="tool (>= 2)"),
    )
    site.spec("ma", "tool (<< 2)")
    site.spec("mb", "user")
    assert site.refusal() == (
        "TOP/module-specs/mb.module: mb cannot be installed\n"
        "   user : Depends: tool (>= 2) but 1 is to be installed\n"
        "  there is tool in 2, 1\n"
        "  tool is held at 1, as ma has it\n"
        "To mend it: if that is how it is, write 'Conflicts: ma'"
    )
