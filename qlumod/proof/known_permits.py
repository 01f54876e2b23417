"""The kinds of differences that this program permits, whatever the stack: proofs name them."""

from qlumod.model.accounts import Accounts
from qlumod.model.names import Digest
from qlumod.model.permit import Permit
from qlumod.packaging.choice import PACKAGINGS, packaging_named
from qlumod.packaging.interfaces import Packaging
from qlumod.packaging.permits import NamedRule
from qlumod.proof.permitted import Expectations, permissions
from qlumod.proof.scanned_tree import ScannedTree


def permits_of(packaging: Packaging) -> tuple[Permit, ...]:
    """What is permitted where packages are of that kind, and how many paths each permits at most.

    They stand in the order of the list: the first that permits a difference gives its reason.
    """
    nothing = Expectations(
        left_out=frozenset(), excludes=(), includes=(), secrets=(), kernel="", beside={},
        accounts=Accounts(users=(), groups=(), text="", digest=Digest("")),
    )  # fmt: skip
    return tuple(
        Permit(name=one.name, why=one.why, most=one.most if isinstance(one, NamedRule) else None)
        for one in permissions(nothing, ScannedTree(entries={}, data={}), packaging.permits)
    )


def known_permits() -> tuple[Permit, ...]:
    """What is permitted for any kind of packages: a proof does not say which kind it is about."""
    every = (permits_of(packaging_named(name)) for name in PACKAGINGS)
    return tuple(dict.fromkeys(permit for permits in every for permit in permits))
