"""Files that identify a site: all its nodes must have the same ones."""

from functools import partial

from qlumod.model.secret import SecretKind
from qlumod.secrets.identity_file import identity_file

_site = partial(identity_file, SecretKind.SITE)

SITE_IDENTITIES = (
    _site(
        "munge's key",
        "/etc/munge/munge.key",
        why="all nodes of a cluster must have the same",
        source="munged(8)",
    ),
    _site(
        "keys of Slurm",
        "/etc/slurm/slurm.key",
        "/etc/slurm/jwt_hs256.key",
        "/etc/slurm/jwt*.key",
        "/var/spool/slurm*/jwt_hs256.key",
        why="all nodes of a cluster must have the same",
        source="slurm.conf(5), AuthType",
    ),
    _site(
        "a cluster's key",
        "/etc/corosync/authkey",
        "/etc/pacemaker/authkey",
        "/etc/ha.d/authkeys",
        "/etc/booth/authkey",
        "/etc/corosync/qnetd/nssdb/*",
        why="all nodes of a cluster must have the same",
        source="corosync-keygen(8), pacemaker-remoted(8)",
    ),
    _site(
        "keys of a distributed file system",
        "/etc/ceph/*.keyring",
        "/var/lib/ceph/*/*/keyring",
        "/etc/beegfs/conn.auth",
        "/etc/beegfs/connauthfile",
        "/etc/beegfs/key.pem",
        why="servers and clients must have the same",
        source="ceph(8), BeeGFS' documentation",
    ),
    _site(
        "keys of time servers",
        "/etc/chrony/chrony.keys",
        "/etc/chrony.keys",
        "/etc/ntp.keys",
        "/etc/ntpsec/ntp.keys",
        why="servers and clients must have the same",
        source="chrony.conf(5), ntp.keys(5)",
    ),
    _site(
        "a cookie of Erlang",
        "/var/lib/rabbitmq/.erlang.cookie",
        "/var/lib/ejabberd/.erlang.cookie",
        "/var/lib/couchdb/.erlang.cookie",
        why="the nodes of an Erlang cluster must have the same",
        source="erl(1), Distributed Erlang",
    ),
    _site(
        "passwords that dbconfig-common made",
        "/etc/dbconfig-common/*.conf",
        why="the database of a service knows the program by it",
        source="dbconfig-common's documentation",
    ),
)
