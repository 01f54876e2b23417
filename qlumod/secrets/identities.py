"""Files that identify a machine: different on each node, or the same on all nodes of a site."""

import re
from functools import cache

from qlumod.secrets.identity_file import IdentityFile
from qlumod.secrets.node_identities import NODE_IDENTITIES
from qlumod.secrets.site_identities import SITE_IDENTITIES

IDENTITIES = (*NODE_IDENTITIES, *SITE_IDENTITIES)


def identity_of(path: str) -> IdentityFile | None:
    """The known identity file at a path, or None."""
    return next((known for known in IDENTITIES if _matched(known.patterns).fullmatch(path)), None)


@cache
def _matched(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """One regular expression for these patterns."""
    return re.compile("|".join(re.escape(one).replace(r"\*", "[^/]*") for one in patterns))
