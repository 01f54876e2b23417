"""Files that make a machine itself: no two nodes may share them, or all nodes of a site must."""

import re
from dataclasses import dataclass
from functools import cache

from qlumod.model.secret import SecretKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A kind of identity: where it lies, whose it is, and why; `source` says where that is told."""

    what: str
    patterns: tuple[str, ...]
    """Absolute paths; ``*`` matches within a name."""
    kind: SecretKind
    why: str
    source: str
    fatal: bool = True
    """Whether no build goes on with it; else it is only told."""


_NODE, _SITE = SecretKind.NODE, SecretKind.SITE


def _known(
    what: str,
    *patterns: str,
    kind: SecretKind = _NODE,
    why: str,
    source: str,
    fatal: bool = True,
) -> Known:
    return Known(what=what, patterns=patterns, kind=kind, why=why, source=source, fatal=fatal)


IDENTITIES = (
    _known(
        "a host id",
        "/etc/hostid",
        why="programs and ZFS tell machines apart by it",
        source="gethostid(3), zgenhostid(8)",
    ),
    _known(
        "an iSCSI initiator's name",
        "/etc/iscsi/initiatorname.iscsi",
        why="a target gives disks to whoever has this name",
        source="iscsid(8), open-iscsi's postinst",
    ),
    _known(
        "an NVMe host's name",
        "/etc/nvme/hostnqn",
        "/etc/nvme/hostid",
        why="a target gives disks to whoever has this name",
        source="nvme-gen-hostnqn(1)",
    ),
    _known(
        "host keys of OpenSSH",
        "/etc/ssh/ssh_host_*_key",
        "/etc/ssh/ssh_host_*_key.pub",
        why="a node proves by them that it is itself",
        source="sshd(8)",
    ),
    _known(
        "host keys of dropbear",
        "/etc/dropbear/dropbear_*_host_key",
        "/etc/dropbear/initramfs/dropbear_*_host_key",
        "/etc/dropbear-initramfs/dropbear_*_host_key",
        why="a node proves by them that it is itself",
        source="dropbear(8)",
    ),
    _known(
        "a machine id",
        "/etc/machine-id",
        "/var/lib/dbus/machine-id",
        why="journals, DHCP and systemd tell machines apart by it",
        source="machine-id(5)",
    ),
    _known(
        "systemd's secrets",
        "/var/lib/systemd/credential.secret",
        "/var/lib/systemd/random-seed",
        "/var/lib/urandom/random-seed",
        why="credentials and random numbers of one machine hang on it",
        source="systemd-creds(1), systemd-random-seed.service(8)",
    ),
    _known(
        "the snakeoil certificate",
        "/etc/ssl/certs/ssl-cert-snakeoil.pem",
        "/etc/ssl/private/ssl-cert-snakeoil.key",
        why="make-ssl-cert makes it for the host's name",
        source="make-ssl-cert(8)",
    ),
    _known(
        "certificates of a service for the host's name",
        "/etc/dovecot/private/dovecot.*",
        "/etc/ejabberd/ejabberd.pem",
        "/etc/nsd/nsd_*.key",
        "/etc/nsd/nsd_*.pem",
        "/etc/unbound/unbound_*.key",
        "/etc/unbound/unbound_*.pem",
        "/etc/prosody/certs/*",
        "/etc/exim4/exim.*",
        "/etc/xrdp/*.pem",
        "/etc/webmin/miniserv.pem",
        why="the package makes them when it is installed",
        source="the packages' postinst scripts",
    ),
    _known(
        "RSA keys of xrdp",
        "/etc/xrdp/rsakeys.ini",
        why="a server proves by them that it is itself",
        source="xrdp-keygen(8)",
    ),
    _known(
        "NetworkManager's secret key",
        "/var/lib/NetworkManager/secret_key",
        why="stable addresses of a machine come from it",
        source="NetworkManager.conf(5)",
    ),
    _known(
        "DHCP's identifiers",
        "/var/lib/dhcp/dhclient*.leases",
        "/var/lib/dhcpcd/duid",
        "/etc/dhcpcd.duid",
        "/var/lib/dhcpcd/secret",
        "/var/lib/wicked/duid.xml",
        why="a server gives addresses by them",
        source="RFC 8415, dhcpcd(8)",
    ),
    _known(
        "cloud-init's instance",
        "/var/lib/cloud/data/instance-id",
        "/var/lib/cloud/instance/*",
        why="cloud-init runs once for each instance",
        source="cloud-init's documentation",
    ),
    _known(
        "keys of tinc",
        "/etc/tinc/*/rsa_key.priv",
        "/etc/tinc/*/ed25519_key.priv",
        why="a peer proves by them who it is",
        source="tinc.conf(5)",
    ),
    _known(
        "keys of a VPN",
        "/etc/wireguard/privatekey",
        "/etc/wireguard/*.key",
        "/etc/ipsec.d/private/*",
        "/etc/swanctl/private/*",
        "/etc/openvpn/*.key",
        "/etc/nebula/host.key",
        why="a peer proves by them who it is",
        source="wg(8), swanctl.conf(5)",
    ),
    _known(
        "keys of Tor",
        "/var/lib/tor/keys/*",
        "/var/lib/tor/*/hs_ed25519_secret_key",
        why="a relay or service is its key",
        source="tor(1)",
    ),
    _known(
        "an identity of ZeroTier",
        "/var/lib/zerotier-one/identity.secret",
        "/var/lib/zerotier-one/identity.public",
        "/var/lib/zerotier-one/authtoken.secret",
        why="an address of the network comes from it",
        source="zerotier-idtool(1)",
    ),
    _known(
        "keys of Salt",
        "/etc/salt/pki/minion/minion.pem",
        "/etc/salt/pki/minion/minion.pub",
        "/etc/salt/minion_id",
        why="a master trusts a minion by its key",
        source="Salt's documentation",
    ),
    _known(
        "keys of Puppet",
        "/var/lib/puppet/ssl/*/*",
        "/etc/puppet/ssl/*/*",
        "/etc/puppetlabs/puppet/ssl/*/*",
        why="a server trusts an agent by its certificate",
        source="puppet-ssl(8)",
    ),
    _known(
        "keys of Chef",
        "/etc/chef/client.pem",
        why="a server trusts a client by its key",
        source="chef-client(8)",
    ),
    _known(
        "keys of MIT Kerberos",
        "/etc/krb5.keytab",
        "/etc/*.keytab",
        "/var/lib/*/*.keytab",
        fatal=False,
        why="services prove by them who they are",
        source="kerberos(7), RFC 4120",
    ),
    _known(
        "Samba's secrets",
        "/var/lib/samba/private/secrets.tdb",
        "/var/lib/samba/private/passdb.tdb",
        "/var/lib/samba/private/*.keytab",
        why="the domain knows the machine by them",
        source="smb.conf(5)",
    ),
    _known(
        "a name baked in at installation",
        "/etc/mailname",
        "/etc/munin/munin-node.name",
        fatal=False,
        why="it says the host's name of the build",
        source="mailname(5), hostname(5)",
    ),
    _known(
        "munge's key",
        "/etc/munge/munge.key",
        kind=_SITE,
        why="all nodes of a cluster must have the same",
        source="munged(8)",
    ),
    _known(
        "keys of Slurm",
        "/etc/slurm/slurm.key",
        "/etc/slurm/jwt_hs256.key",
        "/etc/slurm/jwt*.key",
        "/var/spool/slurm*/jwt_hs256.key",
        kind=_SITE,
        why="all nodes of a cluster must have the same",
        source="slurm.conf(5), AuthType",
    ),
    _known(
        "a cluster's key",
        "/etc/corosync/authkey",
        "/etc/pacemaker/authkey",
        "/etc/ha.d/authkeys",
        "/etc/booth/authkey",
        "/etc/corosync/qnetd/nssdb/*",
        kind=_SITE,
        why="all nodes of a cluster must have the same",
        source="corosync-keygen(8), pacemaker-remoted(8)",
    ),
    _known(
        "keys of a distributed file system",
        "/etc/ceph/*.keyring",
        "/var/lib/ceph/*/*/keyring",
        "/etc/beegfs/conn.auth",
        "/etc/beegfs/connauthfile",
        "/etc/beegfs/key.pem",
        kind=_SITE,
        why="servers and clients must have the same",
        source="ceph(8), BeeGFS' documentation",
    ),
    _known(
        "keys of time servers",
        "/etc/chrony/chrony.keys",
        "/etc/chrony.keys",
        "/etc/ntp.keys",
        "/etc/ntpsec/ntp.keys",
        kind=_SITE,
        why="servers and clients must have the same",
        source="chrony.conf(5), ntp.keys(5)",
    ),
    _known(
        "a cookie of Erlang",
        "/var/lib/rabbitmq/.erlang.cookie",
        "/var/lib/ejabberd/.erlang.cookie",
        "/var/lib/couchdb/.erlang.cookie",
        kind=_SITE,
        why="the nodes of an Erlang cluster must have the same",
        source="erl(1), Distributed Erlang",
    ),
    _known(
        "keys of name servers",
        "/etc/bind/rndc.key",
        "/etc/rndc.key",
        "/etc/knot/*.key",
        "/run/named/session.key",
        why="whoever has it controls the server",
        source="rndc-confgen(8)",
    ),
    _known(
        "passwords that dbconfig-common made",
        "/etc/dbconfig-common/*.conf",
        kind=_SITE,
        why="the database of a service knows the program by it",
        source="dbconfig-common's documentation",
    ),
    _known(
        "MariaDB's maintenance login",
        "/etc/mysql/debian.cnf",
        why="whoever has it controls the server",
        source="mariadb-server's README.Debian",
    ),
    _known(
        "keys of Icinga and monitoring",
        "/var/lib/icinga2/certs/*",
        "/etc/icinga2/pki/*",
        "/etc/zabbix/*.psk",
        why="a server trusts an agent by it",
        source="Icinga's documentation",
    ),
    _known(
        "a token of a container platform",
        "/var/lib/kubelet/pki/*",
        "/etc/kubernetes/pki/*",
        "/etc/kubernetes/*.conf",
        why="a cluster trusts a node by it",
        source="kubeadm's documentation",
    ),
    _known(
        "a popularity-contest identity",
        "/etc/popularity-contest.conf",
        why="it has a random id of the installation",
        source="popularity-contest(8)",
    ),
    _known(
        "a random id of the installation",
        "/var/lib/whoopsie/whoopsie-id",
        why="it is made when the package is installed",
        source="the packages' postinst scripts",
    ),
)


def identity_of(path: str) -> Known | None:
    """What identity lies at a path; None: none that is known."""
    return next((known for known in IDENTITIES if _matched(known.patterns).fullmatch(path)), None)


@cache
def _matched(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """An expression for any of these patterns."""
    return re.compile("|".join(re.escape(one).replace(r"\*", "[^/]*") for one in patterns))
