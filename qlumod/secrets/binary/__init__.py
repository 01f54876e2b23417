"""Detecting secrets in binary formats."""

from qlumod.secrets.binary.der import der_keys
from qlumod.secrets.binary.kerberos import kerberos_files
from qlumod.secrets.binary.keystores import keystores
from qlumod.secrets.binary.noise import random_bytes
from qlumod.secrets.binary.openpgp import pgp_keys
from qlumod.secrets.binary.ssh import ssh_keys
from qlumod.secrets.binary.stores import stores
from qlumod.secrets.part import Reader

FORMS: tuple[Reader, ...] = (
    der_keys,
    keystores,
    pgp_keys,
    ssh_keys,
    kerberos_files,
    stores,
)
NOISE: Reader = random_bytes
"""The reader to use if no other one finds anything."""
