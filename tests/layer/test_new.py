"""A newcomer's module: what `qlumod new` writes passes all that comes after it."""

import shutil
from pathlib import Path

import pytest

from tests.conftest import Answer, CommandLine
from tests.layer.conftest import KEY
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


MODULES = {"core", "plain", "registered", "sibling"}
"""The modules of the small release that these tests need: each lock solves all modules."""


class Newcomer:
    """A person with a part of the small release, whose core is built already."""

    def __init__(self, release: SmallRelease, qlumod: CommandLine) -> None:
        self.specs = qlumod.directory / "module-specs"
        shutil.copytree(release.specs, self.specs)
        for spec in self.specs.glob("*.module"):
            if spec.stem not in MODULES:
                spec.unlink()
        make_deb(
            self.specs / "debs", "homely", depends="adduser", scripts={"postinst": MAKES_A_USER}
        )
        make_deb(
            self.specs / "debs",
            "several",
            depends="adduser",
            scripts={
                "postinst": "adduser --system --group --no-create-home several\n"
                "echo mine > /etc/issue\n"
                "mkdir -p /etc/several /etc/systemd/system/multi-user.target.wants\n"
                "ln -s /lib/systemd/system/several.service"
                " /etc/systemd/system/multi-user.target.wants/several.service\n"
                f"cat > /etc/several/id <<'EOF'\n{KEY}EOF"
            },
            files={
                "/lib/systemd/system/several.service": "[Service]\nExecStart=/bin/true\n"
                "[Install]\nWantedBy=multi-user.target\n"
            },
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
        (["--packages", "a | b"], "'a | b'"),
        (["--packages", "plain", "--requires", "none"], "there is no module 'none'"),
        (["--packages", "plain", "--flavors", "none"], "the release has no flavor 'none'"),
        (
            ["--packages", "plain", "--archives", "none"],
            "Archive: 'none': the release has no such archive",
        ),
    ],
)
def test_where_no_trial_can_be_made_nothing_is_written(
    newcomer: Newcomer, words: list[str], said: str
) -> None:
    before = newcomer.files()
    answer = newcomer.types("new", "fresh", *words)
    assert answer.status == 1
    assert said in answer.err
    assert newcomer.files() == before


def test_what_a_trial_finds_is_proposed_in_one_round_and_mended_to_the_letter(
    newcomer: Newcomer,
) -> None:
    """An account, a path of a module below, and a secret: one trial, one edit, and it works."""
    made = newcomer.types("new", "fresh", "--packages", "several")
    assert made.status == 3, made.err
    out = made.out.splitlines()
    assert out[:3] == [
        "module-specs/fresh.module: written",
        "its packages enable several.service; Disable lists those not to be started",
        "module-specs/accounts: has now the accounts that its packages create; review them",
    ]
    assert out[out.index("left to do:") :] == [
        "left to do:",
        "  /etc/issue: the build changed this path of a module below",
        *[line for line in out if line.startswith(("    size was", "    content was"))],
        "  To mend it: if this module's is right for every stack, add /etc/issue to the field Wins",
        "  /etc/several/id: this looks like a secret: it holds an OpenSSH private key (line 1)",
        "  To mend it: add it to the field Secrets, as '/etc/several/id site' if many nodes share"
        " it, or as '/etc/several/id node' if each node has its own",
        "next: edit module-specs/fresh.module, then: qlumod lock && qlumod build fresh && "
        "qlumod verify-stack fresh",
    ]
    assert "Packages: several\n" in newcomer.files()["accounts"]
    spec = newcomer.specs / "fresh.module"
    text = spec.read_text()
    # The small core has no systemd, whose systemctl would disable it.
    assert "# Disable:\n#  several.service\n" in text
    for lines in (
        "# Secrets:\n#  /etc/several/id site\n",
        "# Wins:\n#  /etc/issue\n",
    ):
        assert lines in text
        text = text.replace(lines, lines.replace("# ", ""))
    spec.write_text(text)
    for words in (("check",), ("lock",), ("build", "fresh"), ("verify-stack", "fresh")):
        answer = newcomer.types(*words)
        assert answer.status == 0, f"qlumod {' '.join(words)}\n{answer.out}{answer.err}"


def built_after(newcomer: Newcomer, module: str) -> list[str]:
    """Write a spec without a trial, lock, and fail to build it; returns what was said."""
    for words in (("new", module, "--packages", module, "--no-trial"), ("lock",)):
        assert newcomer.types(*words).status == 0
    answer = newcomer.types("build", module, "--output", "packages")
    assert answer.status == 1
    return answer.err.splitlines()


def require_built(newcomer: Newcomer, module: str, *commands: tuple[str, ...]) -> None:
    for words in (("check",), *commands, ("build", module, "--output", "packages")):
        answer = newcomer.types(*words)
        assert answer.status == 0, f"qlumod {' '.join(words)}\n{answer.out}{answer.err}"


def test_the_remedy_for_a_missing_account_works_to_the_letter(newcomer: Newcomer) -> None:
    said = built_after(newcomer, "unregistered")
    remedy = said.index(
        "To mend it: add these stanzas to module-specs/accounts, then run: qlumod lock"
    )
    first = next(place for place, line in enumerate(said) if line.startswith("  Group: "))
    with (newcomer.specs / "accounts").open("a") as table:
        table.writelines(f"{line.removeprefix('  ')}\n" for line in ("", *said[first:remedy]))
    require_built(newcomer, "unregistered", ("lock",))


def test_the_remedy_for_an_account_of_another_package_works_to_the_letter(
    newcomer: Newcomer,
) -> None:
    said = "\n".join(built_after(newcomer, "keeping"))
    for account in ("User: keeper", "Group: keeper"):
        assert (
            f"To mend it: add keeping to Packages of '{account}' in module-specs/accounts, then "
            "run: qlumod lock\n"
        ) in said
    table = newcomer.specs / "accounts"
    table.write_text(
        table.read_text().replace("Packages: registered", "Packages: registered keeping")
    )
    require_built(newcomer, "keeping", ("lock",))


def test_a_package_that_is_nowhere_is_left_to_mend_in_the_spec(newcomer: Newcomer) -> None:
    answer = newcomer.types("new", "fresh", "--packages", "plein", "--json")
    assert answer.status == 3, answer.err
    assert [fault["brief"] for fault in answer.document["left_to_do"]] == [
        "module-specs/fresh.module:13: Packages: there is no package plein"
    ]
    spec = newcomer.specs / "fresh.module"
    assert spec.read_text().splitlines()[12] == " plein,"
    spec.write_text(spec.read_text().replace("plein", "plain"))
    assert newcomer.types("lock").status == 0


def test_an_archive_on_request_and_kernel_modules_are_found(newcomer: Newcomer) -> None:
    """As zfsutils-linux, which is in Debian's contrib, and recommends zfs-dkms."""
    make_deb(
        newcomer.specs / "contrib",
        "tank-utils",
        depends="plain",
        fields={"Recommends": "tank-modules | tank-dkms"},
    )
    make_deb(
        newcomer.specs / "contrib",
        "tank-dkms",
        depends="dkms",
        fields={"Provides": "tank-modules"},
    )
    release = newcomer.specs / "release"
    release.write_text(
        f"{release.read_text()}\nArchive: contrib\nDirectory: contrib\nOn-Request: yes\n"
    )
    answer = newcomer.types("new", "tank", "--packages", "tank-utils")
    assert answer.out.splitlines()[:4] == [
        "module-specs/tank.module: written",
        "packages come from archives on request: contrib",
        "kernel modules are compiled from tank-dkms",
        "left to do:",
    ]
    # This release's core has no kernel.
    assert "core.module" not in answer.out
    text = (newcomer.specs / "tank.module").read_text()
    assert "\nArchive: contrib\n" in text
    assert "\nPackages:\n tank-utils,\n" in text
    assert "\nKernel-Modules:\n tank-dkms,\n" in text
    assert newcomer.types("check").status == 0


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
