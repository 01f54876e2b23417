"""debconf, ucf, shells and nsswitch: entries of several modules in one file."""

import os
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qlumod.errors import QlumodError
from qlumod.packaging.debian.state.debconf import CONFIG, PASSWORDS, TEMPLATES
from qlumod.packaging.debian.state.shells import SHELLS, SHELLS_STATE
from qlumod.packaging.debian.state.ucf import HASHFILE, REGISTRY
from qlumod.state.nsswitch import NSSWITCH, applied
from tests.state.files import CORE, HA, SLURM, at, faults, stack, text


def question(name, value="", owners="a", flags=""):
    lines = [f"Name: {name}", f"Template: {name}", *([f"Value: {value}"] if value else [])]
    lines += [f"Owners: {owners}", *([f"Flags: {flags}"] if flags else [])]
    return "".join(f"{line}\n" for line in lines) + "\n"


def config(*questions):
    return at(CONFIG.path, "".join(questions))


def test_a_question_of_two_modules_has_the_owners_and_flags_of_both():
    found = stack(
        CONFIG,
        (SLURM, {}, config(question("x/y", owners="slurmd, x"))),
        (HA, {}, config(question("x/y", owners="x, pcs", flags="seen"))),
    )
    assert text(found, CONFIG.path) == question("x/y", owners="pcs, slurmd, x", flags="seen")


def test_an_answer_of_one_module_is_kept():
    found = stack(
        CONFIG,
        (SLURM, {}, config(question("x/y", "true", flags="seen"))),
        (HA, {}, config(question("x/y"))),
    )
    assert text(found, CONFIG.path) == question("x/y", "true", flags="seen")


def test_two_answers_to_one_question_are_an_error_that_says_how_to_agree():
    with pytest.raises(QlumodError) as error:
        stack(
            CONFIG,
            (SLURM, {}, config(question("x/y", "true"))),
            (HA, {}, config(question("x/y", "false"))),
        )
    assert faults(error) == (
        "/var/cache/debconf/config.dat: modules slurm and ha answer x/y differently\n"
        "  slurm: true\n"
        "  ha: false\n"
        "To mend it: give the same answer in the Debconf field of both module specs"
    )


def test_answers_that_are_lists_are_a_union():
    profiles = "libpam-runtime/profiles"
    found = stack(
        CONFIG,
        (SLURM, {}, config(question(profiles, "unix, slurm"))),
        (HA, {}, config(question(profiles, "unix, winbind"))),
    )
    assert "Value: unix, slurm, winbind\n" in text(found, CONFIG.path)


def test_variables_of_a_question_are_kept_as_debconf_writes_them():
    entry = "Name: a/b\nTemplate: a/b\nOwners: a\nVariables:\n choices = x, y\n empty = \n\n"
    found = stack(
        CONFIG,
        (SLURM, {}, config(entry)),
        (HA, {}, config(entry.replace("Owners: a", "Owners: b"))),
    )
    assert text(found, CONFIG.path) == entry.replace("Owners: a", "Owners: a, b")


def test_only_changed_questions_are_in_a_fragment():
    below = config(question("a/a"), question("b/b"))
    above = config(question("a/a"), question("b/b", "x"), question("c/c"))
    assert CONFIG.capture(below, above).decode() == (
        "Format: 1\n\n" + question("b/b", "x") + question("c/c")
    )


def test_a_template_of_two_modules_has_the_owners_of_both_and_the_upper_text():
    one = "Name: x\nDescription: old\nOwners: a/x\nType: string\n\n"
    other = "Name: x\nDescription: new\nOwners: b/x\nType: string\n\n"
    found = stack(
        TEMPLATES, (SLURM, {}, at(TEMPLATES.path, one)), (HA, {}, at(TEMPLATES.path, other))
    )
    assert text(found, TEMPLATES.path) == (
        "Name: x\nDescription: new\nType: string\nOwners: a/x, b/x\n\n"
    )


def test_a_password_that_the_build_made_is_a_secret():
    with pytest.raises(QlumodError) as error:
        PASSWORDS.capture({}, at(PASSWORDS.path, question("slapd/password", "geheim")))
    assert faults(error) == (
        "/var/cache/debconf/passwords.dat: the question slapd/password: "
        "it is a secret that the build made"
    )


def test_an_empty_database_of_passwords_is_for_root_only():
    found = stack(PASSWORDS, (CORE, {}, at(PASSWORDS.path, "")))
    assert (found[PASSWORDS.path].data, found[PASSWORDS.path].mode) == (b"", 0o600)


@pytest.mark.programs
def test_debconf_itself_reads_what_a_merge_wrote(tmp_path):
    templates = [
        f"Name: {name}/q\nDescription: Q\nOwners: {name}/q\nType: string\n\n" for name in "ab"
    ]
    shared = "Name: s/q\nDescription: S\nOwners: {}/q\nType: string\n\n"
    databases = {}
    for kind, one, other in (
        (
            CONFIG,
            config(question("a/q", "1"), question("s/q", "x", owners="a")),
            config(question("b/q", "2"), question("s/q", owners="b", flags="seen")),
        ),
        (
            TEMPLATES,
            at(TEMPLATES.path, templates[0] + shared.format("a")),
            at(TEMPLATES.path, templates[1] + shared.format("b")),
        ),
    ):
        found = stack(kind, (SLURM, {}, one), (HA, {}, other))
        place = tmp_path / kind.name
        place.write_bytes(found[kind.path].data)
        databases[kind.name] = place
    rc = tmp_path / "debconf.conf"
    rc.write_text(
        "Config: c\nTemplates: t\n\n"
        f"Name: c\nDriver: File\nFilename: {databases['debconf-config']}\n\n"
        f"Name: t\nDriver: File\nFilename: {databases['debconf-templates']}\n"
    )
    shown = subprocess.run(
        ["debconf-show", "a", "b"],
        env={**os.environ, "DEBCONF_SYSTEMRC": str(rc), "LC_ALL": "C"},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert sorted(shown.splitlines()) == ["  a/q: 1", "  b/q: 2", "* s/q: x", "* s/q: x"]


def test_ucf_remembers_the_files_of_all_modules():
    found = stack(
        HASHFILE,
        (SLURM, {}, at(HASHFILE.path, "a1  /etc/a\n")),
        (HA, {}, at(HASHFILE.path, "b1  /etc/b\n")),
    )
    assert text(found, HASHFILE.path) == "a1  /etc/a\nb1  /etc/b\n"


def test_ucf_remembers_the_upper_modules_version_of_a_file():
    below = at(HASHFILE.path, "a1  /etc/a\n")
    found = stack(HASHFILE, (CORE, {}, below), (SLURM, below, at(HASHFILE.path, "a2  /etc/a\n")))
    assert text(found, HASHFILE.path) == "a2  /etc/a\n"


def test_a_file_that_two_packages_registered_is_an_error():
    with pytest.raises(QlumodError) as error:
        stack(
            REGISTRY,
            (SLURM, {}, at(REGISTRY.path, "slurmd \t /etc/a\n")),
            (HA, {}, at(REGISTRY.path, "pcs \t /etc/a\n")),
        )
    assert faults(error) == (
        "/var/lib/ucf/registry: modules slurm and ha disagree about the file /etc/a\n"
        "  slurm: slurmd \t /etc/a\n"
        "  ha: pcs \t /etc/a"
    )


def test_shells_keep_their_order():
    core = at(SHELLS.path, "# /etc/shells: valid login shells\n/bin/sh\n/usr/bin/sh\n")
    above = at(SHELLS.path, text(core, SHELLS.path) + "/usr/bin/tmux\n/bin/ksh\n")
    found = stack(SHELLS, (CORE, {}, core), (SLURM, core, above))
    assert found == above
    state = at(SHELLS_STATE.path, "/bin/sh\n")
    assert stack(SHELLS_STATE, (CORE, {}, state)) == state


NSS = "/etc/nsswitch.conf"
BASE = """\
# /etc/nsswitch.conf

passwd:         files systemd
hosts:          files dns  # as ever
netgroup:       nis
"""


def nss(passwd="files systemd", hosts="files dns", more=""):
    lines = BASE.replace("files systemd", passwd).replace("files dns", hosts)
    return at(NSS, lines + more)


def test_services_of_all_modules_are_asked_and_comments_stay():
    found = stack(
        NSSWITCH,
        (CORE, {}, nss()),
        (SLURM, nss(), nss(passwd="files systemd slurm", hosts="files mdns [NOTFOUND=return] dns")),
        (HA, nss(), nss(passwd="files systemd winbind", more="sudoers:        files sss\n")),
    )
    assert text(found, NSS) == (
        "# /etc/nsswitch.conf\n"
        "\n"
        "passwd:         files systemd slurm winbind\n"
        "hosts:          files mdns [NOTFOUND=return] dns  # as ever\n"
        "netgroup:       nis\n"
        "sudoers:        files sss\n"
    )


def test_an_unchanged_nsswitch_is_an_empty_fragment():
    assert NSSWITCH.capture(nss(), nss()) == b""


def test_in_canonical_form_the_order_of_services_counts_and_layout_does_not():
    spaced = at(NSS, text(nss(), NSS).replace("         files systemd", " files  systemd"))
    assert NSSWITCH.canonical(spaced) == NSSWITCH.canonical(nss())
    assert NSSWITCH.canonical(nss(passwd="systemd files")) != NSSWITCH.canonical(nss())


@pytest.mark.parametrize(
    ("services", "was", "now", "result"),
    [
        ("files", "files", "files sss", "files sss"),
        ("files x", "files", "files sss", "files x sss"),
        ("files dns", "files dns", "files mdns dns", "files mdns dns"),
        ("files dns", "files dns", "resolve files dns", "resolve files dns"),
        ("files nis dns", "files nis dns", "files dns", "files dns"),
        ("", "", "files", "files"),
        ("a b", "", "b c", "a b c"),
    ],
)
def test_a_change_is_made_to_other_services_at_its_neighbours(services, was, now, result):
    assert applied(tuple(services.split()), tuple(was.split()), tuple(now.split())) == tuple(
        result.split()
    )


SERVICES = st.lists(st.sampled_from("abcde"), unique=True, max_size=4).map(tuple)


@given(was=SERVICES, now=SERVICES, other=SERVICES)
def test_after_a_change_its_services_are_there_and_those_that_it_removed_are_not(was, now, other):
    result = applied(other, was, now)
    assert set(result) == (set(other) - (set(was) - set(now))) | (set(now) - set(was))
    assert len(result) == len(set(result))
