"""Accounts: captured from a build, merged in a stack."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qlumod.errors import QlumodError
from qlumod.model.accounts import Group
from qlumod.state.account_files import GROUP, PASSWD, SHADOW, SUBUID
from qlumod.state.accounts import ACCOUNTS
from tests.state.account_words import BASE, munge, seeded, table, user, with_line
from tests.state.files import CORE, HA, SLURM, faults, files, text


def test_a_fragment_holds_the_added_accounts_and_memberships():
    above = seeded()
    above[GROUP] = files(x=text(above, GROUP).replace("adm:x:4:", "adm:x:4:munge"))["/x"]
    assert ACCOUNTS.capture(BASE, above).decode() == (
        "Format: 1\n"
        "\n"
        "Name: munge\n"
        "Passwd: munge:x:410:410::/nonexistent:/usr/sbin/nologin\n"
        "Shadow: munge:!:20717::::::\n"
        "\n"
        "Name: munge\n"
        "Group: munge:x:410:\n"
        "Gshadow: munge:!::\n"
        "\n"
        "Member-Of: adm\n"
        "Members: munge\n"
        "\n"
    )


def test_nothing_added_is_an_empty_fragment():
    assert ACCOUNTS.capture(BASE, BASE) == b""


@pytest.mark.parametrize(
    ("path", "was", "now", "words"),
    [
        (
            PASSWD, "/root:/bin/bash", "/root:/bin/sh",
            "/etc/passwd: the build changed user root of a module below\n"
            "  was: root:x:0:0:root:/root:/bin/bash\n"
            "  now: root:x:0:0:root:/root:/bin/sh",
        ),
        (
            PASSWD, "nobody:x:65534:65534:nobody:/:/nologin\n", "",
            "/etc/passwd: the build removed user nobody of a module below",
        ),
        (
            GROUP, "adm:x:4:", "adm:x:5:",
            "/etc/group: the build changed group adm of a module below\n"
            "  was: adm:x:4:\n"
            "  now: adm:x:5:",
        ),
        (
            SHADOW, "root:*:", "root:$y$j9T$x:",
            "/etc/shadow: the build changed user root of a module below\n"
            "  was: root:*:20000:0:99999:7:::\n"
            "  now: root:$y$j9T$x:20000:0:99999:7:::",
        ),
    ],
)  # fmt: skip
def test_a_module_must_not_change_accounts_below(path, was, now, words):
    above = {**BASE, path: files(x=text(BASE, path).replace(was, now))["/x"]}
    with pytest.raises(QlumodError) as error:
        ACCOUNTS.capture(BASE, above)
    assert faults(error) == words


def test_the_day_of_a_password_is_no_change():
    above = {**BASE, SHADOW: files(x=text(BASE, SHADOW).replace("20000", "20001"))["/x"]}
    assert ACCOUNTS.capture(BASE, above) == b""


@pytest.mark.parametrize(("password", "what"), [("$6$x", "a password"), ("", "no password at all")])
def test_an_account_with_a_password_is_refused(password, what):
    above = with_line(user("bob", 500), SHADOW, f"bob:{password}:20717::::::")
    with pytest.raises(QlumodError) as error:
        ACCOUNTS.capture(BASE, above)
    assert faults(error) == (
        f"/etc/shadow: the build gave user bob {what}\n"
        "To mend it: lock it: passwords come from the site, never from a layer"
    )


def merged(*modules):
    core = ACCOUNTS.capture({}, BASE)
    return ACCOUNTS.merge(
        [(CORE, core), *((name, ACCOUNTS.capture(BASE, above)) for name, above in modules)]
    )


def test_a_stack_has_the_accounts_of_all_modules_in_order_of_their_ids():
    found = merged((SLURM, seeded()), (HA, user("hacluster", 402)))
    assert [line.split(":")[0] for line in text(found, PASSWD).splitlines()] == [
        "root", "nobody", "hacluster", "munge",
    ]  # fmt: skip
    assert [line.split(":")[0] for line in text(found, SHADOW).splitlines()] == [
        "root", "nobody", "hacluster", "munge",
    ]  # fmt: skip
    assert text(found, SUBUID) == ""


def test_two_modules_may_bring_the_same_account():
    assert merged((SLURM, seeded()), (HA, seeded())) == merged((SLURM, seeded()))


def test_members_of_a_group_come_from_all_modules():
    def joining(name):
        return {
            **BASE,
            GROUP: files(x=text(BASE, GROUP).replace("adm:x:4:", f"adm:x:4:{name}"))["/x"],
        }

    found = merged((SLURM, joining("munge")), (HA, joining("hacluster")))
    assert "adm:x:4:munge,hacluster\n" in text(found, GROUP)


def test_one_id_with_two_names_is_an_error_that_names_both_modules():
    with pytest.raises(QlumodError) as error:
        merged((SLURM, user("munge", 102)), (HA, user("hacluster", 102)))
    assert faults(error) == (
        "/etc/passwd: id 102 is munge in module slurm and hacluster in module ha\n"
        "To mend it: give them different ids in the account table of the release, and build both "
        "modules from it"
    )


def test_one_name_with_two_ids_is_an_error_that_names_both_modules():
    with pytest.raises(QlumodError) as error:
        merged((SLURM, user("munge", 102)), (HA, user("munge", 103)))
    assert faults(error) == (
        "/etc/passwd: modules slurm and ha disagree about munge\n"
        "  slurm: munge:x:102:65534::/:/nologin\n"
        "  ha: munge:x:103:65534::/:/nologin"
    )


def test_ranges_of_subordinate_ids_that_overlap_are_an_error():
    def ranged(name, start):
        return {**BASE, SUBUID: files(x=f"{name}:{start}:65536\n")["/x"]}

    assert text(merged((SLURM, ranged("a", 100000)), (HA, ranged("b", 165536))), SUBUID) == (
        "a:100000:65536\nb:165536:65536\n"
    )
    with pytest.raises(QlumodError) as error:
        merged((SLURM, ranged("a", 100000)), (HA, ranged("b", 165535)))
    assert faults(error) == (
        "/etc/subuid: the ranges of a in module slurm and of b in module ha overlap"
    )


def test_in_canonical_form_ids_order_and_days_do_not_count():
    one = ACCOUNTS.canonical(seeded(user("hacluster", 402)))
    other = seeded(
        BASE, table(munge(102), groups=(Group(name="munge", gid=108, packages=(), flavors=()),))
    )
    other = user("hacluster", 103, other)
    later = {**other, SHADOW: files(x=text(other, SHADOW).replace(":20717:", ":19000:"))["/x"]}
    assert ACCOUNTS.canonical(later) == one


@pytest.mark.parametrize(
    ("path", "was", "now"),
    [
        (PASSWD, "/nonexistent", "/home/munge"),
        (PASSWD, ":410::/nonexistent", ":65534::/nonexistent"),
        (SHADOW, "munge:!:", "munge::"),
        (GROUP, "adm:x:4:", "adm:x:4:munge"),
    ],
)
def test_in_canonical_form_everything_else_counts(path, was, now):
    above = seeded()
    assert was in text(above, path)
    other = {**above, path: files(x=text(above, path).replace(was, now))["/x"]}
    assert ACCOUNTS.canonical(other) != ACCOUNTS.canonical(above)


NAMES = st.sets(st.sampled_from("abcdefgh"), max_size=6)


@given(core=NAMES, one=NAMES, other=NAMES)
def test_a_stack_has_exactly_the_accounts_that_one_installation_would_have(core, one, other):
    def installed(names, below=BASE):
        found = below
        for name in sorted(names):
            if f"\n{name}:" not in text(found, PASSWD):
                found = user(name, 400 + ord(name), found)
        return found

    below = installed(core)
    found = ACCOUNTS.merge(
        [
            (CORE, ACCOUNTS.capture({}, below)),
            (SLURM, ACCOUNTS.capture(below, installed(one, below))),
            (HA, ACCOUNTS.capture(below, installed(other, below))),
        ]
    )
    together = ACCOUNTS.canonical(installed(core | one | other))
    assert {path: ACCOUNTS.canonical(found)[path] for path in together} == together
