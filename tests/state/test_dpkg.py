"""dpkg's database: a stack's equals the one that dpkg writes when it installs everything."""

import os
import subprocess
from pathlib import Path

import pytest

from qlumod.errors import QlumodError
from qlumod.packaging.debian.state.apt_states import EXTENDED_STATES
from qlumod.packaging.debian.state.dpkg import DIVERSIONS, STATOVERRIDE, STATUS
from qlumod.packaging.debian.state.state_table import STATE_TABLE
from qlumod.packaging.debian.state.triggers import TRIGGERS
from qlumod.state.kind import StateFile
from tests.state.files import CORE, HA, SLURM, at, faults, text
from tests.support.debs import make_deb

STATUS_PATH = "/var/lib/dpkg/status"
FILE = "/var/lib/dpkg/triggers/File"
UNINCORP = "/var/lib/dpkg/triggers/Unincorp"
DATABASE = (STATUS, DIVERSIONS, STATOVERRIDE, TRIGGERS)


def stanza(name, version="1", status="install ok installed", **more):
    fields = {"Package": name, "Status": status, "Architecture": "amd64", "Version": version}
    return "".join(f"{key}: {value}\n" for key, value in {**fields, **more}.items())


def status(*stanzas):
    return at(STATUS_PATH, "".join(f"{one}\n" for one in stanzas))


class DpkgRoot:
    """A root into which the real dpkg installs."""

    def __init__(self, place: Path) -> None:
        self.place = place
        for directory in ("var/lib/dpkg/info", "var/lib/dpkg/updates", "var/log", "etc"):
            (place / directory).mkdir(parents=True)
        for name in ("status", "available", "diversions", "statoverride"):
            (place / "var/lib/dpkg" / name).touch()

    def install(self, *debs):
        self.call("dpkg", "--force-not-root", "--force-unsafe-io", "--install", *debs)

    def call(self, program, *words):
        subprocess.run(
            [program, f"--root={self.place}", *words], check=True, stdout=subprocess.DEVNULL,
            env={**os.environ, "DPKG_MAINTSCRIPT_PACKAGE": ""},
        )  # fmt: skip

    def files(self):
        return {
            path: StateFile(data=full.read_bytes())
            for full in self.place.rglob("*")
            if full.is_file()
            for path in [f"/{full.relative_to(self.place)}"]
            if any(kind.claims(path) for kind in DATABASE)
        }


@pytest.mark.programs
def test_a_stack_has_the_database_of_one_installation(tmp_path):
    debs = {
        name: make_deb(
            tmp_path / "debs",
            name,
            files={f"/opt/{name}": name, f"/etc/{name}": "x\n"},
            conffiles=[f"/etc/{name}"],
            scripts={"triggers": f"#!\ninterest-noawait /opt/{name}.d\ninterest {name}-cache\n"},
        )
        for name in ("base", "slurmd", "pacemaker", "libshared")
    }

    def installed(place, *modules):
        root = DpkgRoot(tmp_path / place)
        for names, path in modules:
            root.install(*(debs[name] for name in names))
            root.call("dpkg-divert", "--no-rename", "--divert", f"{path}.real", path)
            root.call("dpkg-statoverride", "--add", "root", "root", "0640", path)
        return root.files()

    core = (["base"], "/opt/base")
    slurm = (["slurmd", "libshared"], "/opt/slurmd")
    ha = (["pacemaker", "libshared"], "/opt/pacemaker")
    below = installed("core", core)
    one, other = installed("slurm", core, slurm), installed("ha", core, ha)
    together = installed("all", core, slurm, (["pacemaker"], "/opt/pacemaker"))
    for kind in DATABASE:
        found = kind.merge(
            [
                (CORE, kind.capture({}, below)),
                (SLURM, kind.capture(below, one)),
                (HA, kind.capture(below, other)),
            ]
        )
        assert kind.canonical(found) == kind.canonical(together)
        assert found.keys() == {path for path in together if kind.claims(path)}


def test_a_fragment_is_the_added_stanzas_as_they_stand():
    below, above = status(stanza("base")), status(stanza("base"), stanza("slurmd", "22.05"))
    assert STATUS.capture(below, above).decode() == (
        "Format: 1\n"
        "\n"
        "Package: slurmd\n"
        "Status: install ok installed\n"
        "Architecture: amd64\n"
        "Version: 22.05\n"
        "\n"
    )


@pytest.mark.parametrize(
    ("above", "words"),
    [
        (
            status(stanza("base", "2")),
            "/var/lib/dpkg/status: the build changed package base:amd64 of a module below\n"
            "  was: Version: 1\n"
            "  now: Version: 2",
        ),
        (
            status(),
            "/var/lib/dpkg/status: the build removed package base:amd64 of a module below",
        ),
        (
            status(stanza("base"), stanza("slurmd", status="install ok half-configured")),
            "/var/lib/dpkg/status: package slurmd:amd64: it is left 'install ok half-configured' "
            "by the build",
        ),
    ],
)
def test_a_build_must_leave_what_is_below_alone_and_its_own_configured(above, words):
    with pytest.raises(QlumodError) as error:
        STATUS.capture(status(stanza("base")), above)
    assert faults(error) == words


def test_all_faults_of_a_build_are_told_at_once():
    below = status(stanza("a"), stanza("b"))
    with pytest.raises(QlumodError) as error:
        STATUS.capture(below, status(stanza("b", "2")))
    assert faults(error).splitlines() == [
        "/var/lib/dpkg/status: the build removed package a:amd64 of a module below",
        "/var/lib/dpkg/status: the build changed package b:amd64 of a module below",
        "  was: Version: 1",
        "  now: Version: 2",
    ]


def test_packages_that_dpkg_only_heard_of_are_no_state():
    heard = stanza("foo", status="install ok not-installed")
    assert STATUS.capture(status(), status(heard)) == b""


def merged(kind, one, other):
    return kind.merge([(SLURM, kind.capture({}, one)), (HA, kind.capture({}, other))])


def test_two_versions_of_a_package_are_an_error_that_names_both_modules():
    with pytest.raises(QlumodError) as error:
        merged(STATUS, status(stanza("libicu72", "72.1-3")), status(stanza("libicu72", "72.1-4")))
    assert faults(error) == (
        "/var/lib/dpkg/status: package libicu72 has version 72.1-3 in module slurm and 72.1-4 in "
        "module ha\n"
        "To mend it: take both modules from the same release, or lock and build them together"
    )


def test_one_version_with_two_stanzas_is_an_error_that_names_the_fields():
    with pytest.raises(QlumodError) as error:
        merged(STATUS, status(stanza("a", Depends="b")), status(stanza("a", Depends="c")))
    assert faults(error) == (
        "/var/lib/dpkg/status: package a 1 has other fields in module slurm than in module ha: "
        "Depends"
    )


def test_a_package_of_two_modules_is_there_once():
    shared = stanza("libicu72")
    found = merged(STATUS, status(shared, stanza("a")), status(stanza("b"), shared))
    assert text(found, STATUS_PATH).count("Package: libicu72\n") == 1


def test_packages_of_two_architectures_are_two():
    foreign = stanza("libc6").replace("amd64", "i386")
    found = merged(STATUS, status(stanza("libc6")), status(foreign))
    assert text(found, STATUS_PATH).count("Package: libc6\n") == 2


def test_two_diversions_of_a_path_are_an_error():
    path = "/var/lib/dpkg/diversions"
    one, other = at(path, "/bin/sh\n/bin/sh.a\na\n"), at(path, "/bin/sh\n/bin/sh.b\nb\n")
    with pytest.raises(QlumodError) as error:
        merged(DIVERSIONS, one, other)
    assert faults(error) == (
        "/var/lib/dpkg/diversions: modules slurm and ha disagree about the diversion of /bin/sh\n"
        "  slurm: /bin/sh\n  slurm: /bin/sh.a\n  slurm: a\n"
        "  ha: /bin/sh\n  ha: /bin/sh.b\n  ha: b"
    )


def test_an_override_of_a_path_with_spaces_is_kept():
    path = "/var/lib/dpkg/statoverride"
    line = "root adm 2750 /var/log/my logs\n"
    assert text(merged(STATOVERRIDE, at(path, line), at(path, "")), path) == line


def test_triggers_are_a_union_of_interests():
    one = {**at(FILE, "/usr/lib/binfmt.d systemd/noawait\n"), **at(UNINCORP, ""),
           **at("/var/lib/dpkg/triggers/ldconfig", "libc-bin\n")}  # fmt: skip
    other = {**one, **at(FILE, "/usr/lib/binfmt.d systemd/noawait\n/usr/share/mime mime\n"),
             **at("/var/lib/dpkg/triggers/update-mime", "mime\n")}  # fmt: skip
    found = merged(TRIGGERS, one, other)
    assert text(found, FILE) == ("/usr/lib/binfmt.d systemd/noawait\n/usr/share/mime mime\n")
    assert text(found, "/var/lib/dpkg/triggers/ldconfig") == "libc-bin\n"
    assert text(found, "/var/lib/dpkg/triggers/update-mime") == "mime\n"
    assert text(found, UNINCORP) == ""


def test_triggers_that_are_still_to_be_processed_are_an_error():
    with pytest.raises(QlumodError) as error:
        TRIGGERS.capture({}, at(UNINCORP, "ldconfig slurmd\n"))
    assert faults(error) == (
        "/var/lib/dpkg/triggers/Unincorp: the build left triggers that no package has processed\n"
        "  ldconfig slurmd"
    )


EXTENDED = "/var/lib/apt/extended_states"


def marked(*automatic, packages):
    stanzas = (f"Package: {name}\nArchitecture: amd64\nAuto-Installed: 1\n\n" for name in automatic)
    return {**at(EXTENDED, "".join(stanzas)), **status(*map(stanza, packages))}


def automatic(found):
    lines = text(found, EXTENDED).splitlines()
    return [line.removeprefix("Package: ") for line in lines if line.startswith("Package: ")]


def test_a_package_that_one_module_wants_for_itself_is_not_automatic_in_a_stack():
    one = marked("lib", "libicu72", packages=["slurmd", "lib", "libicu72"])
    other = marked("libicu72", packages=["lib", "libicu72"])
    assert automatic(merged(EXTENDED_STATES, one, other)) == ["libicu72"]


def test_a_package_below_that_a_module_wants_for_itself_is_marked_so():
    below = marked("lib", packages=["base", "lib"])
    above = marked(packages=["base", "lib"])
    fragments = [
        (CORE, EXTENDED_STATES.capture({}, below)),
        (SLURM, EXTENDED_STATES.capture(below, above)),
    ]
    assert EXTENDED_STATES.merge(fragments) == {}


def test_where_no_package_is_automatic_apt_writes_no_file():
    fragment = EXTENDED_STATES.capture({}, status(stanza("base")))
    assert fragment
    assert EXTENDED_STATES.merge([(CORE, fragment)]) == {}


def test_apt_names_packages_for_all_architectures_by_the_native_one():
    found = marked("ucf", packages=["ucf"])
    found = {**found, **status(stanza("ucf").replace("amd64", "all"))}
    fragment = EXTENDED_STATES.capture({}, found)
    assert automatic(EXTENDED_STATES.merge([(CORE, fragment)])) == ["ucf"]


@pytest.mark.parametrize("kind", STATE_TABLE.kinds, ids=lambda kind: kind.name)
def test_a_fragment_of_a_newer_format_is_refused(kind):
    with pytest.raises(QlumodError) as error:
        kind.merge([(SLURM, b"Format: 2\n\nx\n")])
    assert faults(error) == (
        f"module slurm: state/{kind.name}: unknown format 'Format: 2'\n"
        "To mend it: install the qlumod that the module was built for"
    )


@pytest.mark.parametrize("kind", STATE_TABLE.kinds, ids=lambda kind: kind.name)
def test_of_no_module_there_is_no_state(kind):
    assert kind.merge([]) == {}
    assert kind.merge([(CORE, b"")]) == {}
    assert kind.capture({}, {}) == b""
    assert kind.canonical({}) == {}
