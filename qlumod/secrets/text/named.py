"""Files that are known by name to contain secrets, and the patterns of their lines."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from qlumod.secrets.found import Found
from qlumod.secrets.part import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """The kind of secret in files of such names with such a line; `private`: a private key."""

    kind: str
    paths: re.Pattern[str]
    line: re.Pattern[bytes]
    private: bool = False


_ANY = rb"^(?!\s*(?:[#;!]|//|\Z))[^\n]*\S"
"""A line that is not a comment."""
_WHOLE = rb"\A(?:.|\n)"
"""Any content."""


_BELOW = r"(?:.*/)?"


def _named(kind: str, paths: str, line: bytes = _ANY, *, private: bool = False) -> Named:
    return Named(
        kind=kind,
        paths=re.compile(rf"{_BELOW}(?:{paths})"),
        private=private,
        line=re.compile(line, re.MULTILINE | re.IGNORECASE),
    )


NAMED = (
    _named(
        "a private key of xrdp", r"rsakeys\.ini", rb"^pri_exp=(?:0x[0-9a-f]{2},){8}", private=True
    ),
    _named(
        "cookies of a browser",
        r"[\w.-]*cookies?(?:\.txt)?",
        rb"^[^#\n]+\t(?:TRUE|FALSE)\t[^\n]+\t\S{8,}",
    ),
    _named(
        "a password for TACACS+",
        r"(?:.*/)?tac(?:acs|_plus|plus)[^/]*(?:/[^/]+)?",
        rb"^\s*key\s*=\s*\S{4,}",
    ),
    _named("a password for CVS", r"\.cvspass", _ANY),
    _named("a password for WPA", r"(?:hostapd|wpa)[\w.-]*psk\w*", rb"^[0-9a-fA-F:]{17}\s+\S{8,}"),
    _named(
        "a password in Nagios' form", r"resource\w*\.cfg", rb"^\s*\$USER\d+\$\s*=\s*(?!\s|/)\S{4,}"
    ),
    _named(
        "a login in two lines",
        r"[\w.-]*(?:login|auth|user|cred|pass|vpn)[\w-]*(?:\.(?:txt|conf|cred|up))?",
        rb"\A(?:[\w.@\\-]{1,64}\r?\n(?=[!-~]*(?:\d|(?-i:[a-z][A-Z]|[A-Z]{2}[a-z])|[!#$%&*^?]))"
        rb"[!-~]{4,128}(?:\r?\n|\Z)){1,100}\Z",
    ),
    _named(
        "the words of a wallet",
        r"[\w.-]*(?:wallet|seed|mnemonic|recovery|phrase)[\w.-]*",
        rb"^[a-z]{3,8}(?: [a-z]{3,8}){11,23}$",
    ),
    _named(
        "a login of a database",
        r"proftpd/\S+",
        rb"^\s*SQLConnectInfo\s+\S+@\S+\s+\S+\s+[^\s#$]{4,}",
    ),
    _named("a password for BMCs", r"conman\S*", rb"ipmiopts\s?=[^\n]{0,200}?\b[PK]:[^\s,\"]{4,}"),
    _named(
        "a password for mail",
        r"exim4?/\S+",
        rb"^\s*client_send\s*[=:][^\n^]*\^[^\s^]{1,80}\^[^\s^$]{4,}",
    ),
    _named("a key of Swift", r"swift\.conf", rb"^\s*swift_hash_path_\w+\s*=\s*[^\s$%]{6,}"),
    _named(
        "a login in one word",
        r"(?:apt-cacher-ng|motion|tinyproxy|thttpd|mini-httpd|cherokee)/\S+",
        rb"^\s*\w*auth\w*[: \t]\s*[\w.@-]{1,64}[: \t](?=\S*[\dA-Z!#$%&*])[^\s/:$]{4,}\s*$",
    ),
    _named(
        "a login of a mail server",
        r"(?:mail/)?(?:default-)?auth-?info",
        rb"^AuthInfo:[^\n]*\"P[:=][^\"\n]{4,}\"",
    ),
    _named(
        "a key of a router",
        r"(?:frr|quagga|bird|openbgpd)/\S+|(?:ospf6?|rip|zebra|bgp|babel|isis|eigrp|ldp)d\S*\.conf",
        rb"^\s*(?:key-string|(?:area|domain)-password(?: md5| clear)?|tcp md5sig (?:password|key))"
        rb"\s+\S{4,}|^\s*key id \S+ type \S+ value [0-9a-f]{16,}",
    ),
    _named("a login of Samba in one word", r"\.?amandapass", rb"^[^#\s]+\s+[^%\s]+%\S{4,}"),
    _named(
        "a login of a replica",
        r"(?:master|relay-log|mysql-master)\.info",
        rb"\A(?:\d+\n)?\S+\n\d+\n\S+\n\S+\n\S{4,}\n\d+\n",
    ),
    _named(
        "a token in a table",
        r"[\w.-]*(?:tokens?|auth)[\w.-]*\.csv|[\w-]*tokens?\.cfg",
        rb"^(?!#)[^,\s]{8,},[^,\n]+,[^,\n]+|^\S+![\w-]+\s+[0-9a-f-]{36}$",
    ),
    _named(
        "a password in monit's form",
        r"(?:monit/|\.?monitrc)\S*",
        rb"^\s*allow\s+[\w.\-]+:(?!\s)[^\s/]{4,}",
    ),
    _named(
        "a password for WPA",
        r"\S*eap_users?",
        rb"^\s*\"[^\"\n]*\"\s+\S+\s+(?:\"[^\"\n]+\"|hash:\S+|[0-9a-f]{32})",
    ),
    _named(
        "a password in a chat script",
        r"chatscripts/\S+|[\w.-]*chat[\w.-]*",
        rb"^\s*\"?\S*(?:ssword|word):?\"?\s+[\"']?(?:\\[qdp])*(?!\\)\S{4,}",
    ),
    _named("keys of agents", r"client\.keys", rb"^\d+ \S+ \S+ [0-9a-f]{32,}"),
    _named("hashes of passwords", r"hosts\.hfaxd", rb"^[^#\n]*(?::\d*){0,2}:[./0-9a-z]{13}(?::|$)"),
    _named("an Erlang cookie", r"\.erlang\.cookie", _WHOLE),
    _named("munge's key", r"munge\.key", _WHOLE),
    _named("a key of a cluster", r"(?:corosync|pacemaker|booth)/auth(?:key|keys)|authkeys", _WHOLE),
    _named(
        "a password in pgpass form",
        r"\.?pgpass(?:\.conf)?",
        rb"^(?!#)(?:\\.|[^:\\\n])+(?::(?:\\.|[^:\\\n])*){3}:[^\n]+",
    ),
    _named(
        "a password for PPP",
        r"(?:chap|pap|srp|l2tp|eap)-secrets",
        rb"^[ \t]*(?:[^\s#\"]\S*|\"[^\"\n]*\")[ \t]+"
        rb"(?:\S+|\"[^\"\n]*\")[ \t]+(?:[^\s\"*#-]\S*|\"(?!\*\")[^\"\n]+\")",
    ),
    _named(
        "a secret for IPsec",
        r"[\w.-]*ipsec[\w.-]*\.secrets|(?:ipsec|swanctl)\S*/[\w.-]+\.secrets",
        rb"^(?!#)[^\n#]*:\s*(?:PSK|XAUTH|EAP|NTLM|PIN|P12)\s+\S+",
    ),
    _named("a key for IPsec", r"psk\.txt"),
    _named("a password for rsync", r"rsyncd?\.(?:secrets|passwd)", rb"^[^#:\n]+:[^\n]+"),
    _named(
        "a password for DAV", r"davfs2/secrets|\.davfs2/secrets", rb"^(?!#)\s*\S+[ \t]+\S+[ \t]+\S+"
    ),
    _named(
        "a password for mail",
        r"passwd\.client|sasl_passwd(?:\.db)?|\.?smtp_auth|sender_dependent\w*",
        rb"^(?!\s*#)[^\n#]*:[^\n]+",
    ),
    _named(
        "a password in fetchmail's form", r"\.?fetchmailrc", rb"^(?!#)[^\n#]*\bpass(?:word)?\s+\S+"
    ),
    _named(
        "hashes of passwords",
        r"(?:passwd|shadow|gshadow)(?:[-~]|\.\w+)?",
        rb"^[\w.@\\-]+:(?![*!x]?:|!\*:|\*LK\*|!!:)[^:\s]{2,}:",
    ),
    _named(
        "hashes of passwords",
        r"(?:\.?ht(?:passwd|digest)|\.?htusers|users?\.(?:htpasswd|digest)"
        r"|passwd\.(?:users|dav|svn|http)|\.?htdigest\.\w+)(?:\.users)?",
        rb"^[^\s:#][^:\n]*:\S{8,}",
    ),
    _named("hashes of passwords", r"smbpasswd|opasswd", rb"^[^:\n#]+:\d+:\S+"),
    _named(
        "a password for VNC",
        r"\.vnc/passwd|\.?vnc_?passwd|(?:x11vnc|vnc|tigervnc)\S*/passwd\S*",
        rb"\A(?:.|\n){4,24}\Z",
    ),
    _named(
        "a cookie of an X server",
        r"\.Xauthority|\.ICEauthority|Xauthority|\.?pulse(?:-cookie|/cookie)",
        _WHOLE,
    ),
    _named("a key for one-time passwords", r"\.google_authenticator|users\.oath", _ANY),
    _named("a token of Vault", r"\.?vault-token|\.?vault[_-]pass(?:word)?(?:\.txt)?", _ANY),
    _named("a login in a file of git", r"\.?git-credentials", rb"^\w+://\S+@"),
    _named(
        "a stash of a KDC", r"krb5kdc/(?:stash|\.k5\.\S+)|\.k5\.[A-Z0-9.]+", _WHOLE, private=True
    ),
    _named("a database of a KDC", r"krb5kdc/principal|heimdal-kdc/heimdal\.db", _WHOLE),
    _named("keys of a time server", r"(?:ntp|chrony)\.keys", rb"^\s*\d+\s+\S+"),
    _named("a login of MySQL", r"\.mylogin\.cnf", _WHOLE),
    _named(
        "a key of ZeroTier",
        r"(?:zerotier-one|zerotier)/(?:identity|authtoken)\.secret",
        _WHOLE,
        private=True,
    ),
    _named(
        "a secret of dbus or systemd",
        r"systemd/(?:credential\.secret|random-seed)|urandom/random-seed"
        r"|NetworkManager/secret_key",
        _WHOLE,
    ),
    _named("a secret of a KeePass or a wallet", r"wallet\.dat", _WHOLE, private=True),
    _named(
        "a password for an LDAP server",
        r"(?:pam_ldap|libnss-ldap|ldap|nslcd|smbldap\S*)\.(?:secret|passwd|pw)"
        r"|ldap/secret",
        _ANY,
    ),
    _named(
        "a password for BMCs or fencing",
        r"(?:ipmi|bmc|conserver|freeipmi|powerman)[\w.-]*pass\w*",
        _ANY,
    ),
    _named("a password for printing", r"cups/passwd\.md5|lppasswd", _ANY),
    _named(
        "a password for UUCP or dialling",
        r"uucp/(?:call|passwd)",
        rb"^(?!#)\S+\s+\S+\s+\S+|\w+:\S{3,}",
    ),
    _named(
        "a cookie of Jupyter",
        r"jupyter_cookie_secret|notebook_cookie_secret|jupyterhub_cookie_secret",
        _WHOLE,
    ),
    _named(
        "a salt key of Jenkins or Rails",
        r"(?:master|hudson\.util\.Secret|credentials\.yml|production)\.(?:key|enc)"
        r"|secrets/master\.key|hudson\.util\.Secret",
        _WHOLE,
    ),
    _named(
        "a key of a DNS server",
        r"(?:rndc|session|bind|named|ddns|dhcp|update)[\w.-]*\.key",
        rb"^[^\n]*\bsecret\s+\"?[A-Za-z0-9+/=]{8,}",
    ),
    _named(
        "a private key of minisign or signify",
        r"[\w.-]+\.sec",
        rb"^RW[A-Za-z0-9+/]{40,}",
        private=True,
    ),
    _named(
        "a password for NetworkManager",
        r"system-connections/[^/]+",
        rb"(?:psk|password|wep-key\d|pin|secret"
        rb"|private-key-password|leap-password)=\S+",
    ),
    _named(
        "a password that stands alone",
        r"\.?(?:pass(?:word|phrase)?s?|pw|secrets?|credentials?)(?:\.(?:txt|lst|conf|cfg|dat))?"
        r"|[\w.-]+[._-](?:passwd|password|passphrase|secret|cookie|credential|psk)(?:\.txt)?",
        rb"\A\s*[!-~]{6,512}\s*\Z",
    ),
)
"""A path must match as a whole; the line is searched for in the bytes."""
_ANY_OF_THEM = re.compile(
    _BELOW + "(?:" + "|".join(known.paths.pattern.removeprefix(_BELOW) for known in NAMED) + ")"
)
"""All names in one pattern: nearly no files match it."""


def named(part: Part) -> Iterator[Found]:
    """The secret that the name of a part indicates, if its bytes match, too."""
    if not _ANY_OF_THEM.fullmatch(part.called):
        return
    for known in NAMED:
        if known.paths.fullmatch(part.called):
            match = known.line.search(part.data[:1_000_000])
            if match:
                yield part.holds(known.kind, private=known.private, at=match.start())
                return
