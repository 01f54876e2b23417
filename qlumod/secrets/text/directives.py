"""Settings of the form ``word value``, in configurations without equals signs."""

import re
from collections.abc import Iterator

from qlumod.secrets.found import Found
from qlumod.secrets.part import NEWLINE, Part, places
from qlumod.secrets.text.code import is_code
from qlumod.secrets.text.secret_values import is_mixed, is_password

_STEMS = (
    b"pass",
    b"secret",
    b"pw",
    b"psk",
    b"-key",
    b"user",
    b"communit",
    b"com2sec",
    b"monitor ",
    b"socks",
)
_LONGEST = 400
_FIRST = re.compile(rb"[ \t]*([\w-]+)[ \t]")
_NETRC = re.compile(
    rb"(?:machine[ \t\n]{1,20}\S{1,200}|default)[ \t\n]{1,20}(?:(?:login|user|account)[ \t\n]{1,20}"
    rb"\S{1,200}[ \t\n]{1,20}){0,2}pass(?:word|wd)[ \t\n]{1,20}\S"
)
_PUBLIC = frozenset((b"public", b"private", b"default", b"changeme"))

_VALUE = rb"""[ \t]+(?:"(?P<q>[^"\n]+)"|'(?P<s>[^'\n]+)'|(?P<b>[^\s;"']+))"""
_END = rb"[ \t]*;?[ \t]*(?:[#!].*)?\Z"
_SECRET, _PASSWORD = "a shared secret", "a password in a setting"


def _line(regex: bytes, end: bytes = _END) -> re.Pattern[bytes]:
    return re.compile(rb"(?i)[ \t]*" + regex + _VALUE + end)


_ALONE = _line(rb"[\w-]+(?:[ \t]+--?\w+)*")
_QUOTED = re.compile(
    rb"(?i)[ \t]*password[ \t]+\"(?P<q>[^\"\n]+)\"(?P<s>)(?P<b>)[ \t]*(?:;?|\{.*)[ \t]*\Z"
)
_MONITOR = _line(
    rb"monitor[ \t]+\S+@\S+[ \t]+\d+[ \t]+\S+", rb"[ \t]+(?:master|slave|primary|secondary)"
)
_ROUTER = _line(rb"ip(?:v6)?[ \t].*(?:digest-key[ \t]+\d+[ \t]+md5|authentication-key(?:[ \t]\d)?)")
_PROXY = _line(rb"(?:socks[45]|http)[ \t]+\S+[ \t]+\d+[ \t]+\S+")
_ENDS = re.compile(
    rb"(?:(?<!proxy)(?<!fastcgi)(?<!uwsgi)(?<!scgi)(?<!grpc)(?<!memcached)[_-]pass|[_-](?:pw|psk|secret)"
    rb"|(?:sql|db|user|remote|admin|root|ldap)pass"
    rb"|[\w-]+(?:passw(?:or)?d|passphrase|_secret|-secret|_cookie))\Z"
)
"""The endings of names of settings whose only value is a secret."""
_SPELT = re.compile(
    rb"[ \t]*(?:[\w-]+[ \t]+(?:(?!pam_)[\w.-]+[ \t]+)?)?"
    rb"(?:[\w-]*-|rcon)?(?:pass(?:w(?:or)?d|phrase)?|secret)[ \t]+"
    rb"(?:\"(?P<q>[^\"\n]+)\"|'(?P<s>[^'\n]+)'|(?P<b>[^\s;\"',]+))[ \t]*;?[ \t]*(?:[#].*)?\Z",
    re.IGNORECASE,
)
"""``password word`` after any words: there a word of natural language is no secret."""
_LAST = _line(rb"\S+[ \t]+\S+")
_AFTER_NUMBER = _line(rb"(?:[\w-]+[ \t]+)?(?:password|passwd|secret)[ \t]+[0578]")
_LATER = _line(
    rb"\S+[ \t](?:.{0,200}?[ \t])?(?:[\w-]*-)?(?:pass(?:word)?|secret)(?:[ \t]+(?:is|=|\d))?", b""
)
_COMMUNITY = _line(rb"(?:snmp-server[ \t]+|com2sec6?[ \t]+\S+[ \t]+)?\S+", b"(?:[ \t].*)?\\Z")
_SNMP_USER = _line(rb"createuser(?:[ \t]+-e[ \t]+\S+)?[ \t]+\S+[ \t]+(?:MD5|SHA(?:-?\d+)?)", b"")
_REDIS_USER = re.compile(
    rb"(?i)user[ \t]+\S+[ \t]+(?:on|off)[ \t].*(?:>(?P<q>\S+)|#(?P<s>[0-9a-f]{64})(?P<b>))"
)

_BY_FIRST: dict[bytes, tuple[tuple[str, re.Pattern[bytes]], ...]] = {
    **dict.fromkeys(
        (
            b"requirepass",
            b"masterauth",
            b"masterpass",
            b"rootpw",
            b"bindpw",
            b"rootbindpw",
            b"olcrootpw",
            b"smtp_pass",
            b"smtp_password",
            b"imap_pass",
            b"pop_pass",
            b"auth_pass",
            b"auth-pass",
            b"dbpass",
            b"dbpassword",
            b"db_password",
            b"db_pass",
            b"rootpass",
            b"passphrase",
            b"userpassword",
            b"cipher-password",
            b"adminpw",
            b"adminpassword",
            b"ldappw",
            b"binddn_pw",
            b"sslpassword",
            b"keystorepass",
            b"rootpassword",
            b"stonith_password",
            b"proxy_password",
        ),
        ((_PASSWORD, _ALONE),),
    ),
    **dict.fromkeys(
        (
            b"shared-secret",
            b"shared_secret",
            b"auth-secret",
            b"auth_secret",
            b"radius_secret",
            b"radius-secret",
            b"cram-hmac-secret",
            b"static-auth-secret",
            b"rpc-secret",
            b"psk",
            b"wpa-psk",
            b"ieee80211-psk",
            b"wpa-passphrase",
            b"wireless-key",
            b"wireless-key1",
            b"wep-key0",
            b"wep-key1",
            b"wep-key2",
            b"wep-key3",
        ),
        ((_SECRET, _ALONE),),
    ),
    **dict.fromkeys(
        (
            b"rocommunity",
            b"rwcommunity",
            b"rocommunity6",
            b"rwcommunity6",
            b"trapcommunity",
            b"com2sec",
            b"com2sec6",
            b"snmp-server",
        ),
        ((_SECRET, _COMMUNITY),),
    ),
    **dict.fromkeys(
        (
            b"poll",
            b"username",
            b"login",
            b"neighbor",
            b"line",
            b"set",
            b"peer",
            b"server",
            b"machine",
            b"account",
        ),
        ((_PASSWORD, _LATER),),
    ),
    b"user": ((_PASSWORD, _LATER), (_PASSWORD, _REDIS_USER)),
    b"cachemgr_passwd": ((_PASSWORD, _line(rb"cachemgr_passwd", rb"[ \t].*")),),
    b"authcommunity": ((_SECRET, _line(rb"authcommunity[ \t]+[\w,]+", b"(?:[ \t].*)?\\Z")),),
    b"sentinel": ((_PASSWORD, _line(rb"sentinel[ \t]+(?:auth|sentinel)-pass(?:[ \t]+\S+)?")),),
    b"defcommunity": ((_SECRET, _ALONE),),
    b"incominguser": ((_PASSWORD, _LAST),),
    b"outgoinguser": ((_PASSWORD, _LAST),),
    b"monitor": ((_PASSWORD, _MONITOR),),
    **dict.fromkeys((b"ip", b"ipv6"), ((_SECRET, _ROUTER),)),
    **dict.fromkeys((b"socks4", b"socks5", b"http"), ((_PASSWORD, _PROXY),)),
    b"passphrase": ((_PASSWORD, _ALONE),),
    b"secret": ((_SECRET, _ALONE), (_SECRET, _AFTER_NUMBER)),
    b"enable": (
        (_PASSWORD, _AFTER_NUMBER),
        (_PASSWORD, _line(rb"enable[ \t]+(?:password|secret)")),
    ),
    b"password": ((_PASSWORD, _AFTER_NUMBER), (_PASSWORD, _QUOTED)),
    b"createuser": ((_PASSWORD, _SNMP_USER),),
    b"usmuser": ((_SECRET, _line(rb"usmuser[ \t]+\d.*", b"")),),
}
"""The kinds and forms to try by the first word of a line, in lower case."""


def directives(part: Part) -> Iterator[Found]:
    """The lines that set a secret, each kind once."""
    if is_code(part):
        return
    told: set[str] = set()
    for start, line in _lines(part):
        kind = _kind(line)
        if kind and kind not in told:
            told.add(kind)
            yield part.holds(kind, at=start)


def netrc_logins(part: Part) -> Iterator[Found]:
    """The first login in the format of ``.netrc``, in a file of any name."""
    for word in (b"machine", b"default") if part.places(b"assw") else ():
        for at in places(part.data, word):
            login = _NETRC.match(part.data, at)
            if login:
                yield part.holds("a password in netrc form", at=login.end() - 1)
                return


def _lines(part: Part) -> Iterator[tuple[int, bytes]]:
    """The lines that contain one of the words and may hold a secret, each once."""
    data, seen = part.data, -1
    for at in sorted(at for stem in _STEMS for at in part.places(stem)):
        if at <= seen:
            continue
        start = data.rfind(NEWLINE, 0, at) + 1
        end = data.find(NEWLINE, at)
        seen = end if end >= 0 else len(data)
        first = _FIRST.match(part.lower, start, seen)
        if first and seen - start <= _LONGEST and _is_known(first[1], part.lower, start, seen):
            part.attempts.spend()
            yield start, data[start:seen].rstrip(b"\r")


def _is_known(first: bytes, lower: bytes, start: int, end: int) -> bool:
    """Whether a lower-case line may hold a secret, by its first word or its form."""
    return first in _BY_FIRST or bool(_ENDS.search(first) or _SPELT.match(lower, start, end))


def _kind(line: bytes) -> str:
    """The kind of secret in a line, or ""."""
    first = _FIRST.match(line.lower())
    default = ((_PASSWORD, _ALONE),) if first and _ENDS.search(first[1]) else ()
    forms = _BY_FIRST.get(first[1], default) if first else ()
    for kind, form in forms:
        match = form.match(line)
        value = match and (match["q"] or match["s"] or match["b"])
        if (
            value
            and not value.startswith(b"-")
            and is_password(value)
            and value.lower() not in _PUBLIC
        ):
            return kind
    spelt = _SPELT.match(line)
    value = spelt and (spelt["q"] or spelt["s"] or spelt["b"])
    return _PASSWORD if value and is_mixed(value) else ""
