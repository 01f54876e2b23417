"""The file of accounts: `module-specs/accounts`, read and written."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from qlumod.errors import QlumodError
from qlumod.model.accounts import BASE_GROUPS, BASE_USERS, Accounts, Group, User
from qlumod.model.digests import digest_bytes
from qlumod.model.document import Reading, Stanza, written
from qlumod.model.fields import Fields
from qlumod.model.names import Digest, FlavorName, PackageName, flavor_name, package_name
from qlumod.model.numbers import number, octal

_UNREAD = -1
"""The value for an id that could not be read."""

_ACCOUNT = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,31}\Z")
"""By SYS_NAME_REGEX of adduser.conf(5): Debian-snmp is one."""
_LOCKED = ("!", "!*", "*")


def parse_accounts(text: str, path: str, release_flavors: Sequence[FlavorName] = ()) -> Accounts:
    """Read the table of accounts; raises all its errors at once.

    Its flavors are compared with those of the release, if they are given.
    """
    reading = Reading(path)
    users: list[tuple[int, User]] = []
    groups: list[tuple[int, Group]] = []
    for stanza in _entries(reading, text):
        fields = Fields(reading, stanza)
        if fields.has("User"):
            users.append((stanza.line, _user(fields)))
        else:
            groups.append((stanza.line, _group(fields)))
        _check_flavors(fields, release_flavors)
        fields.done()
    _check_unique(reading, "User", [_Entry(n, u.name, u.uid, u.flavors) for n, u in users])
    _check_unique(reading, "Group", [_Entry(n, g.name, g.gid, g.flavors) for n, g in groups])
    _check_primary_groups(reading, users, groups)
    reading.finish()
    return _table((u for _, u in users), (g for _, g in groups), text)


def accounts_text(accounts: Accounts) -> str:
    """The canonical text of a table, which is hashed."""
    return written(
        (("Format", "1"),),
        *(_group_fields(group) for group in accounts.groups),
        *(_user_fields(user) for user in accounts.users),
    )


def _table(users: Iterable[User], groups: Iterable[Group], text: str) -> Accounts:
    table = Accounts(
        users=tuple(sorted(users, key=lambda user: (user.name, user.flavors))),
        groups=tuple(sorted(groups, key=lambda group: (group.name, group.flavors))),
        text=text,
        digest=Digest(""),
    )
    return replace(table, digest=digest_bytes(accounts_text(table).encode()))


def _user_fields(user: User) -> Iterator[tuple[str, str]]:
    yield "User", user.name
    yield "Uid", str(user.uid)
    yield "Group", user.group
    yield "Gecos", user.gecos
    yield "Home", user.home
    yield "Home-Mode", "" if user.home_mode is None else f"{user.home_mode:04o}"
    yield "Shell", user.shell
    yield "Password", user.password
    yield "Expires", "" if user.expires is None else str(user.expires)
    yield "Packages", " ".join(user.packages)
    yield "Flavors", " ".join(user.flavors)


def _group_fields(group: Group) -> Iterator[tuple[str, str]]:
    yield "Group", group.name
    yield "Gid", str(group.gid)
    yield "Password", group.password
    yield "Packages", " ".join(group.packages)
    yield "Flavors", " ".join(group.flavors)


def _entries(reading: Reading, text: str) -> tuple[Stanza, ...]:
    """The stanzas after the first one, which has only the format."""
    first, *others = reading.stanzas(text)
    Fields(reading, first).done()
    return tuple(others)


def _user(fields: Fields) -> User:
    return User(
        name=fields.need("User", _account, ""),
        uid=fields.need("Uid", _system_id, _UNREAD),
        group=fields.need("Group", _account, ""),
        gecos=fields.one("Gecos", _gecos, ""),
        home=fields.need("Home", _home, ""),
        home_mode=fields.one("Home-Mode", _mode, None),
        shell=fields.need("Shell", _path, ""),
        packages=_packages(fields),
        flavors=fields.words("Flavors", flavor_name),
        password=fields.one("Password", _password, "!"),
        expires=fields.one("Expires", number, None),
    )


def _group(fields: Fields) -> Group:
    return Group(
        name=fields.need("Group", _account, ""),
        gid=fields.need("Gid", _system_id, _UNREAD),
        packages=_packages(fields),
        flavors=fields.words("Flavors", flavor_name),
        password=fields.one("Password", _password, "!"),
    )


def _packages(fields: Fields) -> tuple[PackageName, ...]:
    if not fields.has("Packages"):
        fields.fault("Packages", "the field is missing")
    return fields.words("Packages", package_name)


def _check_flavors(fields: Fields, known: Sequence[FlavorName]) -> None:
    for line, flavor in fields.words_at("Flavors", flavor_name) if known else ():
        if flavor not in known:
            fields.fault("Flavors", f"the release has no flavor {flavor!r}", line=line)


class _Entry(NamedTuple):
    """A name or an id that must be unique."""

    line: int
    name: str
    id: int
    flavors: tuple[FlavorName, ...]

    def meets(self, other: "_Entry") -> bool:
        """Whether a flavor has both."""
        return not (self.flavors and other.flavors) or bool({*self.flavors} & {*other.flavors})


def _check_unique(reading: Reading, kind: str, entries: Sequence[_Entry]) -> None:
    base = dict(BASE_USERS if kind == "User" else BASE_GROUPS)
    owners = {id_: name for name, id_ in base.items()}
    for place, entry in enumerate(entries):
        what = ""
        if entry.name in base:
            what = f"{entry.name!r} is named twice: first in base-passwd"
        elif entry.id in owners:
            what = f"{entry.name!r} has id {entry.id} of {owners[entry.id]!r} of base-passwd"
        else:
            what = next(filter(None, (_clash(one, entry) for one in entries[:place])), "")
        if what:
            reading.fault(entry.line, what, field=kind)


def _clash(earlier: _Entry, entry: _Entry) -> str:
    """The conflict of two entries in one table; empty: there is none."""
    same_name = bool(entry.name) and entry.name == earlier.name
    same_id = entry.id != _UNREAD and entry.id == earlier.id
    if same_name and earlier.meets(entry):
        return f"{entry.name!r} is named twice: first in line {earlier.line}"
    if same_name and not same_id:
        return (
            f"{entry.name!r} has id {entry.id} here and {earlier.id} in line {earlier.line}: "
            "an account has one id in all flavors"
        )
    if same_id and not same_name:
        return f"{entry.name!r} has id {entry.id} of {earlier.name!r} in line {earlier.line}"
    return ""


def _check_primary_groups(
    reading: Reading, users: Sequence[tuple[int, User]], groups: Sequence[tuple[int, Group]]
) -> None:
    known = {name for name, _ in BASE_GROUPS} | {group.name for _, group in groups}
    for line, user in users:
        if user.group and user.group not in known:
            reading.fault(
                line,
                f"{user.group!r} is neither a group of this table nor of base-passwd",
                field="Group",
                remedy=f"add a stanza 'Group: {user.group}'",
            )


def _account(text: str) -> str:
    if not _ACCOUNT.match(text):
        raise QlumodError(f"{text!r} is no account name: letters, digits, '_' and '-'")
    return text


def _system_id(text: str) -> int:
    found = number(text)
    if not (100 <= found <= 999 or 60000 <= found <= 64999):
        raise QlumodError(
            f"{found} is no id of a system account: they are 100-999, and 60000-64999 where "
            "Debian gave one (Policy 9.2.2)"
        )
    return found


def _gecos(text: str) -> str:
    if ":" in text:
        raise QlumodError(f"{text!r} holds a colon, which separates the fields of passwd")
    return text


def _home(text: str) -> str:
    """A home may have any name that is valid in passwd(5)."""
    if not text.startswith("/") or ":" in text or ".." in text.split("/"):
        raise QlumodError(f"{text!r} is no absolute path")
    return text


def _path(text: str) -> str:
    # A final slash has no meaning, but some scripts write one.
    if not re.fullmatch(r"(/[A-Za-z0-9_.+@-]+)+/?|/", text) or ".." in text.split("/"):
        raise QlumodError(f"{text!r} is no absolute path")
    return text


def _mode(text: str) -> int:
    if not re.fullmatch(r"0?[0-7]{3}|[1-7][0-7]{3}", text):
        raise QlumodError(f"{text!r} is no mode: it has three or four octal digits, as in '0755'")
    return octal(text)


def _password(text: str) -> str:
    if text not in _LOCKED:
        raise QlumodError(f"{text!r}: an account of a module is locked, by {' or '.join(_LOCKED)}")
    return text
