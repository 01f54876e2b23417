"""The kinds of differences that this program permits for any stack; proofs name them."""

from qlumod.model.accounts import Accounts
from qlumod.model.names import Digest
from qlumod.model.permit import Permit
from qlumod.packaging.choice import PACKAGINGS, packaging_named
from qlumod.packaging.interfaces import Packaging
from qlumod.packaging.permits import NamedRule
from qlumod.proof.permitted import Expectations, permissions
from qlumod.proof.scanned_tree import ScannedTree


def permits_of(packaging: Packaging) -> tuple[Permit, ...]:
    """The permitted kinds for a packaging, each with the maximum number of paths.

    Their order matters: the first one that permits a difference gives its reason.
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
    """The permitted kinds of all packagings: a proof does not name its packaging."""
    every = (permits_of(packaging_named(name)) for name in PACKAGINGS)
    return tuple(dict.fromkeys(permit for permits in every for permit in permits))
