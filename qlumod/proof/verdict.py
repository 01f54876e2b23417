"""The verdict of a proof: each difference with its permission, and the counts."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from qlumod.model.difference import Difference
from qlumod.model.proof import About, about_document
from qlumod.packaging.interfaces import Packaging
from qlumod.packaging.permits import Permission
from qlumod.proof.compare import compare
from qlumod.proof.listed import listed_trees
from qlumod.proof.permitted import Expectations, permissions
from qlumod.proof.recorded import false_records, other_bytes_beside
from qlumod.proof.scanned_tree import ScannedTree


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A difference and the permission that permits it; None: the difference is a failure."""

    difference: Difference
    permission: Permission | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """All findings, sorted by path; `paths` is the number of compared paths.

    `about` names the modules of the stack and their digests; None: the stack has no modules.
    """

    findings: tuple[Finding, ...]
    permissions: tuple[Permission, ...]
    paths: int
    about: About | None = None

    @property
    def failures(self) -> tuple[Difference, ...]:
        """The differences that nothing permits."""
        return tuple(f.difference for f in self.findings if f.permission is None)

    @property
    def counts(self) -> dict[str, int]:
        """The number of permitted paths by permission, in the list's order."""
        paths = Counter(
            name
            for name, _ in {
                (finding.permission.name, finding.difference.path)
                for finding in self.findings
                if finding.permission
            }
        )
        return {permission.name: paths[permission.name] for permission in self.permissions}


def verdict_document(found: Verdict) -> dict[str, object]:
    """A verdict as JSON: the proof of one stack, unless it is about no modules."""
    return {
        **(about_document(found.about) if found.about else {}),
        "equal": not found.failures,
        "paths": found.paths,
        "permitted": [
            {"name": p.name, "paths": found.counts[p.name], "why": p.why} for p in found.permissions
        ],
        "differences": [
            {
                **finding.difference.document,
                "permitted": finding.permission.name if finding.permission else None,
            }
            for finding in found.findings
        ],
    }


def judged_differences(
    differences: Iterable[Difference], allowed: Sequence[Permission]
) -> tuple[Finding, ...]:
    """Find for each difference the first permission that permits it."""
    return tuple(
        Finding(
            difference=difference,
            permission=next((one for one in allowed if one.permits(difference)), None),
        )
        for difference in differences
    )


def verdict(
    reference: ScannedTree,
    stack: ScannedTree,
    *,
    expected: Expectations,
    packaging: Packaging,
) -> Verdict:
    """Compare a stack with the one installation; pure."""
    allowed = permissions(expected, reference, packaging.permits)
    differences = [
        *compare(reference, stack, listed_trees(packaging)),
        *false_records(expected, reference, stack),
        *other_bytes_beside(expected, reference, stack),
    ]
    return Verdict(
        findings=judged_differences(sorted(differences), allowed),
        permissions=allowed,
        paths=len(reference.entries.keys() | stack.entries.keys()),
    )
