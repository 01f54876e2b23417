"""Accounts: seeded from the table, captured from a build, merged in a stack."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qlumod.errors import QlumodError
from qlumod.model.accounts import Accounts, Group, User
from qlumod.state.accounts import (
    ACCOUNTS,
    GROUP,
    GSHADOW,
    PASSWD,
    SHADOW,
    SUBUID,
    base_names,
    makers_of,
    require_readable,
    seed,
    unregistered,
)
from tests.state.files import CORE, HA, SLURM, faults, files, text

BASE = files(
    etc__passwd="root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534:nobody:/:/nologin\n",
    etc__shadow="root:*:20000:0:99999:7:::\nnobody:*:20000:0:99999:7:::\n",
    etc__group="root:x:0:\nadm:x:4:\nusers:x:100:\nnogroup:x:65534:\n",
    etc__gshadow="root:*::\nadm:*::\nusers:*::\nnogroup:*::\n",
)


def munge(uid=410):
    return User(
        name="munge", uid=uid, group="munge", gecos="", home="/nonexistent", home_mode=None,
        shell="/usr/sbin/nologin", packages=("munge",), flavors=(),
    )  # fmt: skip


def table(*users, groups=()):
    return Accounts(users=users, groups=groups, text="", digest="")


MUNGE = table(munge(), groups=(Group(name="munge", gid=410, packages=("munge",), flavors=()),))
EPOCH = 20717 * 86400 + 5


def with_line(found, path, line):
    return {**found, path: files(x=f"{text(found, path)}{line}\n")["/x"]}


def seeded(found=BASE, accounts=MUNGE):
    return {**found, **seed(found, accounts, EPOCH)}


def user(name, uid, below=BASE, home="/"):
    above = with_line(below, PASSWD, f"{name}:x:{uid}:65534::{home}:/nologin")
    return with_line(above, SHADOW, f"{name}:!:20717::::::")


def test_seeding_adds_what_adduser_would_write():
    found = seeded()
    assert text(found, PASSWD).endswith("munge:x:410:410::/nonexistent:/usr/sbin/nologin\n")
    assert text(found, SHADOW).endswith("munge:!:20717::::::\n")
    assert text(found, GROUP).endswith("munge:x:410:\n")
    assert text(found, GSHADOW).endswith("munge:!::\n")
    assert (found[SHADOW].mode, found[SHADOW].group) == (0o640, "shadow")
    assert (found[PASSWD].mode, found[PASSWD].group) == (0o644, "root")


def test_an_account_that_systemd_sysusers_locks_for_good_is_seeded_and_told_so():
    found = seeded(accounts=replace(MUNGE, users=(replace(munge(), expires=1),)))
    assert text(found, SHADOW).endswith("munge:!:20717:::::1:\n")
    (stanza,) = (s for s in unregistered(found, table(), base_names(BASE)) if "User:" in s)
    assert "Expires: 1\n" in stanza


def test_seeding_twice_changes_nothing():
    assert seeded(seeded()) == seeded()


def test_seeding_refuses_names_and_ids_that_are_given_away():
    taken = user("munge", 102, user("nslcd", 410))
    with pytest.raises(QlumodError) as error:
        seed(taken, MUNGE, EPOCH)
    assert faults(error) == "/etc/passwd: user munge has id 102, but 410 in the account table"
    with pytest.raises(QlumodError) as error:
        seed(user("nslcd", 410), MUNGE, EPOCH)
    assert faults(error) == (
        "/etc/passwd: id 410 of user munge in the account table belongs to user nslcd"
    )


def test_seeding_refuses_a_primary_group_that_is_nowhere():
    with pytest.raises(QlumodError) as error:
        seed(BASE, table(munge()), EPOCH)
    assert faults(error) == "account table: user munge: there is no group munge"


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


def test_an_account_that_is_not_in_the_table_is_told_with_the_stanza_to_add():
    found = unregistered(
        seeded(user("hacluster", 103)), MUNGE, base_names(BASE), {"hacluster": "p"}
    )
    assert found == (
        "User: hacluster\nUid: 400\nGroup: nogroup\nHome: /\nShell: /nologin\nPackages: p\n",
    )


def test_an_account_with_another_id_than_the_tables_is_told_too():
    assert unregistered(user("munge", 103), MUNGE, base_names(BASE)) == (
        "User: munge\nUid: 410\nGroup: nogroup\nHome: /\nShell: /nologin\nPackages: PACKAGE\n",
    )


@pytest.mark.parametrize("home", ["/var/lib/my app", "/srv/$x", "/var/lib/ü"])
@pytest.mark.parametrize("name", ["Debian-snmp", "hacluster"])
def test_what_is_proposed_for_the_table_can_be_read(name, home):
    above = seeded(user(name, 103, home=home))
    found = unregistered(above, MUNGE, base_names(BASE), {name: "snmpd"})
    require_readable(found, MUNGE)


def test_an_account_that_no_table_can_hold_is_refused():
    above = seeded(user("a" * 40, 103))
    found = unregistered(above, MUNGE, base_names(BASE), {"a" * 40: "snmpd"})
    with pytest.raises(QlumodError, match="is no account name"):
        require_readable(found, MUNGE)


def test_registered_accounts_and_those_of_base_passwd_are_not_told():
    assert unregistered(seeded(), MUNGE, base_names(BASE)) == ()


def test_the_maker_of_an_account_is_the_package_whose_script_says_so():
    scripts = {
        "a": "chown sshd /run",
        "openssh-server": "adduser --system \\\n --no-create-home sshd",
        "systemd": "u systemd-network - 'x'",
        "z": "addgroup --system sshd-keys",
    }
    assert makers_of(["sshd", "systemd-network", "other"], scripts) == {
        "sshd": "openssh-server",
        "systemd-network": "systemd",
    }


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
