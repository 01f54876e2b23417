"""What several builds propose for one table can be added to it as it is."""

from qlumod.model.accounts_file import parse_accounts
from qlumod.state.merged_proposals import merged_stanzas


def group(name: str, gid: int, *packages: str) -> str:
    return f"Group: {name}\nGid: {gid}\nPackages: {' '.join(packages)}\n"


def user(name: str, uid: int, *packages: str) -> str:
    return (
        f"User: {name}\nUid: {uid}\nGroup: {name}\nHome: /\nShell: /bin/sh\n"
        f"Packages: {' '.join(packages)}\n"
    )


def test_an_id_is_proposed_once_and_an_account_too() -> None:
    found = merged_stanzas(
        [
            (group("one", 400, "one"), user("one", 400, "one"), group("both", 401, "aa")),
            (group("two", 400, "two"), user("two", 400, "two"), group("both", 402, "bb")),
            (group("ceph", 64045, "ceph"),),
        ],
        {403},
    )
    assert found == (
        group("one", 400, "one"),
        user("one", 400, "one"),
        group("both", 401, "aa", "bb"),
        group("two", 402, "two"),
        user("two", 402, "two"),
        group("ceph", 64045, "ceph"),
    )
    parse_accounts("\n".join(("Format: 1\n", *found)), "accounts")


def test_the_first_proposal_stays_as_it_is() -> None:
    assert merged_stanzas([(group("one", 400, "one"),)], ()) == (group("one", 400, "one"),)
