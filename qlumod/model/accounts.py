"""The release-wide table of account ids."""

from collections.abc import Iterable
from dataclasses import dataclass

from qlumod.model.names import Digest, FlavorName, PackageName

BASE_GROUPS = (
    ("root", 0), ("daemon", 1), ("bin", 2), ("sys", 3), ("adm", 4), ("tty", 5), ("disk", 6),
    ("lp", 7), ("mail", 8), ("news", 9), ("uucp", 10), ("man", 12), ("proxy", 13), ("kmem", 15),
    ("dialout", 20), ("fax", 21), ("voice", 22), ("cdrom", 24), ("floppy", 25), ("tape", 26),
    ("sudo", 27), ("audio", 29), ("dip", 30), ("www-data", 33), ("backup", 34), ("operator", 37),
    ("list", 38), ("irc", 39), ("src", 40), ("shadow", 42), ("utmp", 43), ("video", 44),
    ("sasl", 45), ("plugdev", 46), ("staff", 50), ("games", 60), ("users", 100),
    ("nogroup", 65534),
)  # fmt: skip
"""The groups of base-passwd, which every installation has from the beginning."""

BASE_USERS = (
    ("root", 0), ("daemon", 1), ("bin", 2), ("sys", 3), ("sync", 4), ("games", 5), ("man", 6),
    ("lp", 7), ("mail", 8), ("news", 9), ("uucp", 10), ("proxy", 13), ("www-data", 33),
    ("backup", 34), ("list", 38), ("irc", 39), ("_apt", 42), ("nobody", 65534),
)  # fmt: skip
"""The users of base-passwd."""


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A system user as its maintainer script would create it, but with a fixed id."""

    name: str
    uid: int
    group: str
    """The name of the primary group: an entry of the table, or a group of base-passwd."""
    gecos: str
    home: str
    home_mode: int | None
    """The mode of the home directory that the maintainer script creates; None: it creates none."""
    shell: str
    packages: tuple[PackageName, ...]
    """The packages whose maintainer scripts create this user."""
    flavors: tuple[FlavorName, ...]
    """Empty: all flavors."""
    password: str = "!"
    """The locked password as written by the tool that makes the user: ``!`` by adduser and useradd,
    ``!*`` by systemd-sysusers.
    """
    expires: int | None = None
    """The expiry day, from which nobody can log in: ``u!`` of systemd-sysusers sets 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A system group with a fixed id."""

    name: str
    gid: int
    packages: tuple[PackageName, ...]
    flavors: tuple[FlavorName, ...]
    password: str = "!"
    """As for a user."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """The content of `module-specs/accounts`, sorted by name."""

    users: tuple[User, ...]
    groups: tuple[Group, ...]
    text: str
    digest: Digest

    @property
    def ids(self) -> frozenset[int]:
        """The numbers of all entries."""
        return frozenset((*(user.uid for user in self.users), *(g.gid for g in self.groups)))

    def made_by(self, packages: Iterable[PackageName], flavor: FlavorName) -> "Accounts":
        """The entries of the accounts that these packages of a flavor create."""
        wanted = set(packages)

        def belongs(entry: User | Group) -> bool:
            return bool(wanted.intersection(entry.packages)) and (
                not entry.flavors or flavor in entry.flavors
            )

        return Accounts(
            users=tuple(filter(belongs, self.users)),
            groups=tuple(filter(belongs, self.groups)),
            text=self.text,
            digest=self.digest,
        )
