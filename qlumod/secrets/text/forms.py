"""Secrets with a characteristic form: a word to search for, and a regular expression to confirm."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from qlumod.secrets.found import Found
from qlumod.secrets.part import Part

_REACH = 3000
"""The maximum length of a form after its word."""
_COST = 10
"""The attempts that a trial of a form counts as, since it may read many characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A kind of secret, a lower-case word that is in each one, and a pattern of its context."""

    kind: str
    word: bytes
    regex: re.Pattern[bytes]
    """Matched at the start of the word; with `before`, searched from that many bytes before it."""
    before: int = 0
    private: bool = False


def _form(kind: str, word: bytes, regex: bytes, *, before: int = 0, private: bool = False) -> Form:
    pattern = re.compile(regex, re.IGNORECASE | re.DOTALL)
    return Form(kind=kind, word=word, regex=pattern, before=before, private=private)


_NO_VARIABLE = rb"(?!\$|<|\{|%|\[)"
_LOGIN_VALUE = (
    rb"(?-i:(?=[^\s\"'/]*[\dA-Z!#$%^&*]))"
    + _NO_VARIABLE
    + rb"[^\s\"'/:]{4,}[\"']?[ \t]*;?[ \t]*(?:\r?\n|\Z)"
)
"""A password after a colon, to the end of the line; only lower-case letters are a group's name."""
_JWK = (
    rb"\{(?=[^{}]{0,2500}\"kty\"\s*:\s*\"(?:RSA|EC|OKP)\")[^{}]{0,2500}\"d\"\s*:\s*\"[\w-]{20,}\""
    rb"|\{(?=[^{}]{0,2500}\"kty\"\s*:\s*\"oct\")[^{}]{0,2500}\"k\"\s*:\s*\"[\w-]{16,}\""
)

FORMS = (
    _form(
        "a PuTTY private key",
        b"putty-user-key-file-",
        rb"PuTTY-User-Key-File-[123]: ",
        private=True,
    ),
    _form(
        "a GnuPG private key",
        b"private-key",
        rb"Key:\s{0,8}\((?:protected-|shadowed-|)private-key\s?\(",
        before=40,
        private=True,
    ),
    _form(
        "a private key in an S-expression",
        b"private-key",
        rb"(?:(?<=\()|(?<=\(protected-)|(?<=\(shadowed-))"
        rb"private-key\s{0,80}\(.{0,2500}?\((?:d|p|q|x|secret)\s{1,40}"
        rb"(?:#[0-9a-f\s]{32}|\|[a-z0-9+/=\s]{20}|\"[^\"]{16})",
        private=True,
    ),
    _form("a DNSSEC private key", b"private-key", rb"Private-key-format: v", private=True),
    _form(
        "an SSH 1 private key",
        b"ssh private key file",
        rb"SSH PRIVATE KEY FILE FORMAT 1\.1\n",
        private=True,
    ),
    _form("a private key in JSON (JWK)", b'"kty"', _JWK, before=2500, private=True),
    _form("a vault of Ansible", b"$ansible_vault;", rb"\$ANSIBLE_VAULT;1\.[12];AES256"),
    _form(
        "a secret of Kubernetes",
        b"kind",
        rb"kind[\"']?\s*:\s*[\"']?Secret\b.{0,1500}?\b(?:data|stringData)"
        rb"[\"']?\s*:\s*\{?\s*[\"']?[\w.-]+[\"']?\s*:\s*" + _NO_VARIABLE + rb"[^\s]{4,}",
    ),
    _form(
        "a key for one-time passwords",
        b'" totp_auth',
        rb"\A[A-Z2-7]{16,128}\r?\n.{0,200}\" TOTP_AUTH",
        before=400,
    ),
    _form(
        "a login for curl",
        b"curl",
        rb"curl\s[^\n]{0,300}?(?:\s-u|\s--user|--proxy-user)[ =]?\s?['\"]?"
        rb"[^\s:$'\"<]{1,80}:" + _NO_VARIABLE + rb"(?!pass\w*\b)[^\s'\"$<]{4,}",
    ),
    _form(
        "a password on a command line",
        b"sshpass",
        rb"sshpass\s+-p\s*['\"]?" + _NO_VARIABLE + rb"[^\s'\"$<]{4,}",
    ),
    _form(
        "a password on a command line",
        b"mysql",
        rb"(?:(?<![\w$/.-])|(?<=bin/))mysql(?:admin|check|dump|import|sh|show)?\s"
        rb"[^\n|;`$]{0,120}?\s-p['\"]?" + _NO_VARIABLE + rb"[^\s$<\"'-][^\s$<\"']{3,}",
    ),
    _form(
        "a password on a command line",
        b"ipmitool",
        rb"ipmitool\s[^\n|;`]{0,120}?\s-P\s?['\"]?" + _NO_VARIABLE + rb"[^\s$<\"']{4,}",
    ),
    _form(
        "a password on a command line",
        b"--pass",
        rb"(?<![\w\"'\[`])--pass(?:word|wd|phrase)?[= ]['\"]?"
        + _NO_VARIABLE
        + rb"(?!file|prompt|stdin)[^\s'\"$<>=\[\]{}()|]{4,}['\"]?[ \t]*(?:\n|\Z|-|&|>)",
    ),
    _form(
        "an authorization header",
        b"authorization",
        rb"authorization[\"']?\s{0,4}[:=,]?\s{0,4}[\"']?"
        rb"(?:Basic|Bearer|Token|ApiKey)\s+(?-i:(?=[\w.~+/=-]*(?:\d|[a-z][A-Z])))[\w.~+/=-]{12,}",
    ),
    _form(
        "a password in SQL",
        b"identified",
        rb"IDENTIFIED\s+(?:WITH\s+\S+\s+)?(?:BY|AS)\s+(?:PASSWORD\s+)?'"
        + _NO_VARIABLE
        + rb"[^'\n]{4,}'",
    ),
    _form("a password in SQL", b"password '", rb"PASSWORD '" + _NO_VARIABLE + rb"[^'\n]{4,}'"),
    _form(
        "a password in debconf's form",
        b"password password ",
        rb"password password (?:seen)?" + _NO_VARIABLE + rb"[^\s]{4,}",
    ),
    _form(
        "a password in debconf's form",
        b"\tpassword\t",
        rb"\tpassword\t" + _NO_VARIABLE + rb"[^\s]{4,}",
    ),
    _form(
        "a password for chpasswd",
        b"chpasswd",
        rb"chpasswd[\"']?\s?:[^|]{0,40}?list[\"']?\s?:[\s|\[\"'-]{0,60}?"
        rb"[\w.-]{1,32}:" + _NO_VARIABLE + rb"[^\s\"']{4,}",
    ),
    _form(
        "a password for chpasswd",
        b"| chpasswd",
        rb"echo\s+['\"]?[\w.-]{1,32}:" + _NO_VARIABLE + rb"[^\s'\"$|]{4,}['\"]?\s*\|\s*chpasswd",
        before=120,
    ),
    _form(
        "a password for mail",
        b"static:",
        rb"static:[^\s:/]{1,80}:" + _NO_VARIABLE + rb"[^\s:/]{4,}",
    ),
    _form(
        "a password on a command line",
        b" -u ",
        rb" -u ['\"]?[\w.@\\-]+['\"]? (?:\S{1,40} ){0,2}?-[pPw] ?['\"]?"
        + _NO_VARIABLE
        + rb"(?=[^\s]*[A-Za-z])[^\s'\"$<>/|-][^\s'\"$<>/|]{3,}",
    ),
    _form(
        "a password that is typed by expect",
        b"assword",
        rb"assword.{0,120}?\bsend (?:-- )?[\"{]"
        rb"(?![\"{]?[$\[])[^\s\"$\[]{4,80}\\[rn]",
    ),
    _form(
        "a login in docker's form", b'auth"', rb"auth\"\s{0,8}:\s{0,8}\"[A-Za-z0-9+/]{8,}={0,2}\""
    ),
    _form(
        "a login in one word", b"user", rb"user[\"']?\s?[= ]\s?[\"']?[\w.@-]{1,64}:" + _LOGIN_VALUE
    ),
    _form("a login in one word", b"login=", rb"login=[\w.@-]{1,64}:" + _LOGIN_VALUE),
    _form("a login in one word", b"stats auth ", rb"stats auth [\w.@-]{1,64}:\S{4,}"),
    _form("the words of a wallet", b'seed"', rb"seed\"\s*:\s*\"[a-z]{3,8}(?: [a-z]{3,8}){11,23}\""),
    _form(
        "the words of a wallet",
        b"mnemonic",
        rb"mnemonic\w{0,20}[\"']?\s*[:=]\s*[\"']?[a-z]{3,8}(?: [a-z]{3,8}){11,23}\b",
    ),
    _form(
        "a login between tags",
        b"auth-user-pass>",
        rb"auth-user-pass>\s*\n\S+[ \t]*\r?\n\S{4,}\s*\n\s*</",
    ),
    _form(
        "a password in a module of JAAS",
        b"loginmodule ",
        rb"loginmodule (?:required|requisite|sufficient|optional)\b[^;]{0,500}?"
        rb"\buser_[\w-]{1,64}\s?=\s?\"" + _NO_VARIABLE + rb"[^\"\n]{4,}\"",
    ),
    _form(
        "a login of a database",
        b"mysql:dbname=",
        rb"mysql:dbname=[^|\s]{1,200}\|[^|\s]{1,80}\|" + _NO_VARIABLE + rb"[^|\s]{4,}",
    ),
    _form(
        "a login of a database",
        b"dbi:mysql:",
        rb"dbi:mysql:[^'\"\n]{1,200}(['\"])\s*,\s*(['\"])[^'\"\n]{1,80}\2\s*,\s*(['\"])"
        + _NO_VARIABLE
        + rb"[^'\"\n]{4,80}\3",
    ),
    _form(
        "a login of a database",
        b":ommysql:",
        rb":ommysql:[^,\s]+,[^,\s]+,[^,\s]+,[^,;\s]{4,}",
    ),
    _form("a password of Subversion", b"password\nv ", rb"password\nV \d+\n\S{4,}"),
)


_GATES = (b"assw", b"pass", b"secret", b"auth", b"private", b"user", b"key", b"login", b"mysql")
"""Words that other readers also search for: if one is missing, so are all words that contain it."""


def _gated() -> dict[bytes, tuple[Form, ...]]:
    """The forms by the word that is searched for first."""
    gates: dict[bytes, tuple[Form, ...]] = {}
    for form in FORMS:
        gate = next((gate for gate in _GATES if gate in form.word), form.word)
        gates[gate] = (*gates.get(gate, ()), form)
    return gates


_BY_GATE = _gated()


def forms(part: Part) -> Iterator[Found]:
    """The secrets in these forms, each kind once."""
    told: set[str] = set()
    for gate, members in _BY_GATE.items():
        for form in members if part.places(gate) else ():
            at = _first(form, part) if form.kind not in told else -1
            if at >= 0:
                told.add(form.kind)
                yield part.holds(form.kind, private=form.private, at=at)


def _first(form: Form, part: Part) -> int:
    """The first position at which the form matches, or -1."""
    for at in part.places(form.word):
        part.attempts.spend(_COST * (4 if form.before else 1))
        start = max(0, at - form.before)
        look = form.regex.search if form.before else form.regex.match
        if look(part.data, start, at + _REACH):
            return at
    return -1
