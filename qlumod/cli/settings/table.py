"""The settings: what people want once for a host or for themselves, all in one table.

A setting has one name everywhere: ``valid-for`` is the option ``--valid-for``, the variable
``QLUMOD_VALID_FOR`` and the field ``Valid-For`` of qlumod.conf.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qlumod.cli.settings.values import (
    PathKind,
    ValueKind,
    archive_address,
    days,
    number_limit,
    one_of,
    readable_by_all,
    seconds,
    size_limit,
    span_limit,
    typed_fingerprint,
    typed_suite,
    whole,
)
from qlumod.late import late
from qlumod.model.names import arch_name, flavor_name
from qlumod.model.profile import RELEASED, profile_name

# It needs `sh`: together 13 ms, a tenth of the time in which words are completed.
limits = late("qlumod.system.processes.limits")

Look = Callable[[str], Any]
"""What looks up another setting's value, for a default that depends on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting; `otherwise` says in words what its default is."""

    name: str
    kind: ValueKind
    help: str
    example: str
    """A value as one would write it into qlumod.conf."""
    default: Callable[[Look], Any] = lambda _: None
    otherwise: str
    many: bool = False
    """Whether it takes several values: an option to be repeated, words beside each other."""
    stanza: bool = False
    """Whether it is a stanza of its own in qlumod.conf, not a field."""

    @property
    def option(self) -> str:
        """How it is typed."""
        return f"--{self.name}"

    @property
    def variable(self) -> str:
        """Its environment variable."""
        return f"QLUMOD_{self.name.upper().replace('-', '_')}"

    @property
    def field(self) -> str:
        """Its field in qlumod.conf."""
        return self.name.title()


def _cache(look: Look) -> Path:
    del look
    if os.geteuid() == 0:
        return Path("/var/cache/qlumod")
    return Path("~/.cache/qlumod").expanduser()


STALL = 180.0
"""As `qlumod.system.processes.stalling` has it, which takes its time to import."""
_FOLDER = PathKind("DIR")
_SHARED_FOLDER = PathKind("DIR", check=readable_by_all)

SETTINGS = (
    Setting(
        name="specs",
        kind=_FOLDER,
        help="The directory of the module specs, the release file and the locks.",
        example="/srv/qlumod/module-specs",
        default=lambda _: Path("module-specs"),
        otherwise="module-specs in the current directory",
    ),
    Setting(
        name="cache",
        kind=_SHARED_FOLDER,
        help="The directory of fetched packages, built layers and logs.",
        example="/var/cache/qlumod",
        default=_cache,
        otherwise="/var/cache/qlumod for root, ~/.cache/qlumod for others",
    ),
    Setting(
        name="store",
        kind=_SHARED_FOLDER,
        help="The package store: fetched packages by digest, on a local disk.",
        example="/srv/qlumod/packages",
        default=lambda look: look("cache") / "packages",
        otherwise="packages in the cache",
    ),
    Setting(
        name="work",
        kind=_SHARED_FOLDER,
        help="The directory for builds that do not fit into memory, on a local disk.",
        example="/var/tmp/qlumod",
        default=lambda look: look("cache") / "work",
        otherwise="work in the cache",
    ),
    Setting(
        name="jobs",
        kind=ValueKind("N", whole),
        help="How many processors to use, for one layer or for several; it changes no built byte.",
        example="4",
        otherwise="all",
    ),
    Setting(
        name="limit-silence",
        kind=span_limit(),
        help="End a package's program that prints nothing for this long (none: never).",
        example="4h",
        default=lambda _: limits.USUAL_SILENCE,
        otherwise="150m",
    ),
    Setting(
        name="limit-processes",
        kind=number_limit(),
        help="How many processes packages' programs may have at the same time (none: no limit).",
        example="20000",
        default=lambda _: limits.USUAL_PROCESSES,
        otherwise="4096",
    ),
    Setting(
        name="limit-memory",
        kind=size_limit(),
        help="How much memory packages' programs may use (none: no limit).",
        example="32G",
        default=lambda _: limits.usual_memory(),
        otherwise="three quarters of the machine's",
    ),
    Setting(
        name="limit-file-size",
        kind=size_limit(),
        help="How large a file packages' programs may write (none: no limit).",
        example="100G",
        default=lambda _: limits.USUAL_FILE_SIZE,
        otherwise="16G",
    ),
    Setting(
        name="output",
        kind=_FOLDER,
        help="The directory for finished packages.",
        example="/srv/qlumod/built",
        default=lambda _: Path("build"),
        otherwise="build in the current directory",
    ),
    Setting(
        name="flavor",
        kind=ValueKind("NAME", flavor_name),
        help="The flavor, such as bookworm.",
        example="bookworm",
        otherwise="the release's default flavor",
    ),
    Setting(
        name="arch",
        kind=ValueKind("NAME", arch_name),
        help="The nodes' architecture, such as amd64.",
        example="amd64",
        otherwise="the release's first one",
    ),
    Setting(
        name="profile",
        kind=ValueKind("NAME", profile_name),
        help="The profile of the release: it says how layers are compressed.",
        example="dev",
        default=lambda _: RELEASED,
        otherwise=RELEASED,
    ),
    Setting(
        name="archive",
        kind=ValueKind("NAME=URI", archive_address),
        help="Where an archive of the release is: the URI of a mirror, or a directory of .debs.",
        example="debian=https://mirror.example.org/debian",
        otherwise="from this host's apt configuration and the release",
        many=True,
        stanza=True,
    ),
    Setting(
        name="repository",
        kind=_FOLDER,
        help="The directory of the repository of module packages.",
        example="/srv/debian",
        otherwise="none",
    ),
    Setting(
        name="suite",
        kind=ValueKind("NAME", typed_suite),
        help="The suite, such as 14.0-bookworm.",
        example="14.0-bookworm-proposed-updates",
        otherwise="derived from the names of the module packages",
    ),
    Setting(
        name="key",
        kind=ValueKind("FINGERPRINT", typed_fingerprint),
        help="The signing key, from your GnuPG (GNUPGHOME); a new repository records it.",
        example="0123456789ABCDEF0123456789ABCDEF01234567",
        otherwise="the recorded one",
        many=True,
    ),
    Setting(
        name="valid-for",
        kind=ValueKind("DAYS", days),
        help="Clients refuse the suite after this many days, unless it is signed again.",
        example="30",
        otherwise="unchanged; no limit for a new suite",
    ),
    Setting(
        name="wait",
        kind=ValueKind("SECONDS", seconds),
        help="How long to wait while another process publishes.",
        example="600",
        default=lambda _: 600.0,
        otherwise="600",
    ),
    Setting(
        name="stall",
        kind=ValueKind("SECONDS", seconds),
        help="How long a mirror may send less than 1000 bytes a second before qlumod stops the"
        " download, which a later run resumes; 0: no limit.",
        example="600",
        default=lambda _: STALL,
        otherwise="180",
    ),
    Setting(
        name="progress",
        kind=one_of("HOW", "auto", "plain", "json", "none"),
        help="How progress is shown: auto (bars on a terminal, lines elsewhere), plain (lines"
        " only), json (events and result as lines of JSON on standard output) or none.",
        example="plain",
        default=lambda _: "auto",
        otherwise="auto",
    ),
)
"""All settings, in the order of the flow."""

BY_NAME = {setting.name: setting for setting in SETTINGS}
