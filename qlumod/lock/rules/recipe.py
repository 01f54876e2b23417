"""A module's recipe: the engineers' input and the chosen packages; it determines the version.

It does not include qlumod's code, the tools or the layers below: they may change without changing a
byte of the module. The build finds out whether they did.
"""

from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass, fields, replace

from qlumod.model.accounts import Accounts
from qlumod.model.accounts_file import accounts_text
from qlumod.model.contents import package_lines, packages_text
from qlumod.model.digests import digest_bytes, digest_value
from qlumod.model.lock import LockedPackage
from qlumod.model.names import Digest, FlavorName
from qlumod.model.release import Release, release_text
from qlumod.model.spec import ModuleSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """The digests of a recipe's parts."""

    packages: Digest
    spec: Digest
    accounts: Digest
    """Of the account entries that the module's packages make."""
    release: Digest
    """Of the release without its archives, whose effect is in the packages."""

    @property
    def digest(self) -> Digest:
        """The digest of all parts."""
        return digest_value(astuple(self))

    def differing(self, other: "Recipe") -> Iterator[str]:
        """The names of the parts that differ, for people."""
        for part in fields(self):
            if getattr(self, part.name) != getattr(other, part.name):
                yield part.name


def recipe_of(
    spec: ModuleSpec,
    release: Release,
    accounts: Accounts,
    packages: Iterable[LockedPackage],
    flavor: FlavorName,
) -> Recipe:
    """The recipe of a module that consists of these packages."""
    found = tuple(packages)
    own = accounts.made_by((package.package for package in found), flavor)
    said = replace(release, archives=(), origin="", label="")
    return Recipe(
        packages=_digest(packages_text(package_lines(found))),
        spec=spec.digest,
        accounts=_digest(accounts_text(own)),
        release=_digest(release_text(said)),
    )


def _digest(text: str) -> Digest:
    return digest_bytes(text.encode())
