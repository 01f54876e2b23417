"""The release-wide table of account ids."""

from collections.abc import Iterable
from dataclasses import dataclass

from qlumod.model.names import Digest, FlavorName, PackageName


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A system user as its maintainer script would make it, but with a fixed id."""

    name: str
    uid: int
    group: str
    """The name of the primary group: an entry of the table, or a group of base-passwd."""
    gecos: str
    home: str
    home_mode: int | None
    """The mode of the home directory, where the maintainer script makes one; None: it makes none."""
    shell: str
    packages: tuple[PackageName, ...]
    """The packages whose maintainer scripts make this user."""
    flavors: tuple[FlavorName, ...]
    """Empty: all flavors."""
    password: str = "!"
    """The locked password that the tool writes which makes it: ``!`` adduser and useradd, ``!*``
    systemd-sysusers."""


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
    """What `module-specs/accounts` says; sorted by name."""

    users: tuple[User, ...]
    groups: tuple[Group, ...]
    text: str
    digest: Digest

    def made_by(self, packages: Iterable[PackageName], flavor: FlavorName) -> "Accounts":
        """The entries that these packages of a flavor make."""
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
