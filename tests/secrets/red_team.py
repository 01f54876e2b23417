"""What a red team planted (146 kinds) and the readers missed then."""

from collections.abc import Iterator

from tests.secrets.harmless_again import gvdb
from tests.secrets.made import Planted
from tests.secrets.planted import b64, begin, hexadecimal, word


def red_team() -> Iterator[Planted]:
    """Each kind: what it is, the path to plant it at, and its bytes."""
    begin(146)
    value = b"s\0" + word(12).encode() + b"\0"
    yield "dconf", "/etc/dconf/db/site", gvdb({"/org/gnome/desktop/vnc-password": value})
    for kind, path, text in texts():
        yield kind, path, text.encode()


def texts() -> Iterator[tuple[str, str, str]]:
    """Settings of services."""
    yield "an Erlang cookie among arguments", "/etc/couchdb/vm.args", f"-setcookie {word(20)}\n"
    yield "digests of a web server", "/etc/apache2/digest", f"a:Private Area:{hexadecimal(32)}\n"
    yield (
        "access lists of Redis",
        "/etc/redis/users.acl",
        f"user default on #{hexadecimal(64)} ~* &* +@all\n",
    )
    yield "memcached's SASL", "/etc/memcached-sasl-db", f"bob:{word(14)}\n"
    yield (
        "msmtp",
        "/etc/msmtprc",
        f"account default\nhost smtp.b.org\nuser bob\npassword {word(12)}\n",
    )
    yield "OpenVPN's login", "/etc/openvpn/auth.txt", f"bob\n{word(12, 'abcdefXYZ')}\n"
    yield "Icinga's tickets", "/etc/icinga2/c.conf", f'const TicketSalt = "{hexadecimal(32)}"\n'
    yield (
        "Jenkins' credentials",
        "/var/lib/jenkins/credentials.xml",
        f"<x><secret>{{{b64(48)}}}</secret></x>\n",
    )
    yield (
        "a seed of NATS",
        "/etc/nats/user.creds",
        "-----BEGIN USER NKEY SEED-----\nSUA"
        + word(55, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
        + "\n------END USER NKEY SEED------\n",
    )
    yield "FreeIPMI", "/etc/freeipmi/freeipmi.conf", f"username admin\npassword {word(10)}\n"
    yield "FreeIPMI's K_g", "/etc/freeipmi/ipmidetectd.conf", f"k_g 0x{hexadecimal(40)}\n"
    yield (
        "ConMan",
        "/etc/conman.conf",
        f'console name="n1" dev="ipmi:n1" ipmiopts="U:admin,P:{word(10)}"\n',
    )
    yield (
        "Guix",
        "/etc/guix/signing-key.sec",
        f"(private-key (ecc (curve Ed25519)(flags param)(d #{hexadecimal(64).upper()}#)))\n",
    )
