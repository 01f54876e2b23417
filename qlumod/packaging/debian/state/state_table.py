"""The table of shared state of Debian's packages."""

from qlumod.packaging.debian.state.alternatives import ALTERNATIVES
from qlumod.packaging.debian.state.apt_states import EXTENDED_STATES
from qlumod.packaging.debian.state.caches import CACHES
from qlumod.packaging.debian.state.debconf import CONFIG, PASSWORDS, TEMPLATES
from qlumod.packaging.debian.state.dpkg import DIVERSIONS, STATOVERRIDE, STATUS
from qlumod.packaging.debian.state.dropped import DROPPED
from qlumod.packaging.debian.state.java_certificates import JAVA_CERTIFICATES
from qlumod.packaging.debian.state.shells import SHELLS, SHELLS_STATE
from qlumod.packaging.debian.state.triggers import TRIGGERS
from qlumod.packaging.debian.state.ucf import HASHFILE, REGISTRY
from qlumod.packaging.debian.state.xml_catalogs import XML_CATALOG, XML_CATALOG_RECORD
from qlumod.state.accounts import ACCOUNTS
from qlumod.state.identity import FIXED
from qlumod.state.nsswitch import NSSWITCH
from qlumod.state.state_table import StateTable

STATE_TABLE = StateTable(
    names=ACCOUNTS,
    others=(
        STATUS,
        DIVERSIONS,
        STATOVERRIDE,
        TRIGGERS,
        ALTERNATIVES,
        EXTENDED_STATES,
        CONFIG,
        TEMPLATES,
        PASSWORDS,
        HASHFILE,
        REGISTRY,
        SHELLS,
        SHELLS_STATE,
        XML_CATALOG_RECORD,
        XML_CATALOG,
        JAVA_CERTIFICATES,
        NSSWITCH,
    ),
    caches=CACHES,
    fixed=FIXED,
    dropped=DROPPED,
)
