"""Files that make a machine itself: no two nodes may share them, or all nodes of a site must."""

import re
from functools import cache

from qlumod.secrets.identity_file import IdentityFile
from qlumod.secrets.node_identities import NODE_IDENTITIES
from qlumod.secrets.site_identities import SITE_IDENTITIES

IDENTITIES = (*NODE_IDENTITIES, *SITE_IDENTITIES)


def identity_of(path: str) -> IdentityFile | None:
    """What identity lies at a path; None: none that is known."""
    return next((known for known in IDENTITIES if _matched(known.patterns).fullmatch(path)), None)


@cache
def _matched(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """An expression for any of these patterns."""
    return re.compile("|".join(re.escape(one).replace(r"\*", "[^/]*") for one in patterns))
