"""Accounts of the table are in the files before a package makes one."""

from dataclasses import replace

import pytest

from qlumod.errors import QlumodError
from qlumod.state.account_files import GROUP, GSHADOW, PASSWD, SHADOW
from qlumod.state.account_seed import seed
from qlumod.state.unregistered_accounts import base_names, proposed, unregistered
from tests.state.account_words import BASE, EPOCH, MUNGE, munge, seeded, table, user
from tests.state.files import faults, text


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
    missing = unregistered(found, table(), base_names(BASE))
    makers = {one.account: ("p",) for one in missing}
    told = proposed(missing, found, table(), makers=makers, homes={})
    (stanza,) = (stanza for stanza in told if "User:" in stanza)
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
