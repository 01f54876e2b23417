"""Files that make a machine itself are known, each with its reason and its source."""

import pytest

from qlumod.model.secret import SecretKind
from qlumod.secrets.identities import IDENTITIES, identity_of


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/etc/hostid", SecretKind.NODE),
        ("/etc/iscsi/initiatorname.iscsi", SecretKind.NODE),
        ("/etc/nvme/hostnqn", SecretKind.NODE),
        ("/etc/ssl/certs/ssl-cert-snakeoil.pem", SecretKind.NODE),
        ("/etc/ssh/ssh_host_ed25519_key.pub", SecretKind.NODE),
        ("/etc/dropbear/dropbear_rsa_host_key", SecretKind.NODE),
        ("/var/lib/NetworkManager/secret_key", SecretKind.NODE),
        ("/etc/munge/munge.key", SecretKind.SITE),
        ("/etc/corosync/authkey", SecretKind.SITE),
        ("/etc/mailname", SecretKind.NODE),
        ("/etc/tinc/net/ed25519_key.priv", SecretKind.NODE),
        ("/etc/dbconfig-common/roundcube.conf", SecretKind.SITE),
    ],
)
def test_an_identity_is_known(path, kind):
    known = identity_of(path)
    assert known is not None
    assert known.kind is kind


@pytest.mark.parametrize(
    "path",
    [
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/passwd",
        "/etc/ssh/sshd_config",
        "/etc/hostid/x",
        "/etc/tinc/a/b/rsa_key.priv",
    ],
)
def test_other_files_are_none(path):
    assert identity_of(path) is None


def test_each_has_a_reason_a_source_and_a_place():
    for known in IDENTITIES:
        assert known.what and known.why and known.source
        assert all(pattern.startswith("/") for pattern in known.patterns)
