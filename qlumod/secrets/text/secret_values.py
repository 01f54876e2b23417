"""Whether the value of a setting is a secret, not a word, a path, an address or a placeholder."""

import re

from qlumod.secrets.runs import entropy

SHORTEST = 4
"""The minimum length of a password."""

_NONE = re.compile(
    rb"""(?isx) (?:
      [*x.\#_?~0-]+                                                # ****, xxxx, 0000
    | <.*> | \[.*\] | \(.*\)? | @[\w-]+@
    | __\w+__ | \{(?![0-9a-f]{32}|[a-z0-9+/]{40,}={0,2}\}).*\}?   # a place to fill in, no hash
    | \$.* | `.* | %\w*% | %\(.*\)\w | %[\w.-]+                   # a variable
    | &\w+;.* | \\\w?
    | [\w.-]+\(.*\)?                                               # a call
    | (?:true|false|yes|no|on|off|enabled?|disabled?|none|null|nil|undef|undefined|unset|empty
        |default|required?|requisite|optional|sufficient|include|substack|ask|prompt|never|always
        |auto|automatic|manual|any|all|string|str|text|bytes?|int|integer|bool|boolean|object|array
        |varchar|char|blob|type|value|name|file|files|compat|systemd|sss|ldap|winbind|nis|db|crypt
        |plain|clear|md5|sha1|sha256|sha512|basic|digest|login|static|random|unknown|hidden|test
        |generate|generated|public|private|md5sum|here|this|that|self|data|input|output|required:)
    | (?:your?|my|the|some|an?|enter|insert|put|new|old|user'?s?|db|admin|root)?[\s_-]*
      (?:super|top)?[\s_-]*(?:pass(?:word|wd|phrase|code)?s?|pwd|pw|secrets?|tokens?|keys?|api[_-]?key
        |credentials?)[\s_-]*(?:here|goes[_ -]here)?
    | change[\s_-]*(?:me|it|this).* | whatever | replace[\s_-]*(?:me|it|this|with).* | to[_-]?do\b.*
    | (?:an?[_-])?(?:example|sample|dummy|placeholder|fake)[\w-]*
    )"""
)
_PLACE = re.compile(
    rb"(?:[~.]{0,2}/|[A-Za-z]:\\|(?:file|unix):|https?://(?![^/@\s]+@))[^\n]*"
    rb"|[A-Za-z_.-]+(?:/[\w.-]+)+|[\w.-]{1,64}:/[\w./@-]*"
)
_BASE64 = re.compile(rb"[A-Za-z0-9+/]{24,}={0,2}")
_WORDS = re.compile(rb"[A-Za-z]+(?:[._ -]+[A-Za-z]+)*")
_HUMPS = re.compile(rb"[a-z][A-Z].*[a-z][A-Z].*[A-Z]{2}.*[a-z][A-Z]|[A-Z]{2}[a-z].*[A-Z]{2}[a-z]")
"""Lower-case and upper-case letters mixed as in random text."""
_MIXED = re.compile(
    rb"(?=.{6})(?:(?=.*[A-Za-z]).*\d|.*[a-z][A-Z].*[A-Z]|.*[A-Z]{2}[a-z]|.*[A-Za-z][!#$%&*^@?][\w!#$%&*^@?])"
)
_ADDRESS = re.compile(
    rb"\[?[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,7}\]?(?:/\d+)?|(?:[\w-]+\.)+[\w-]+(?::\d+)?"
    rb"|[A-Za-z][\w-]*:\d+|(?:\d+:)?v?\d+(?:[.:]\d[\w.+~:-]*)?[a-z]{0,3}|[A-Za-z]+[-_]?\d(?:[-_][A-Za-z]+)*"
    rb"|(?i:s?sha|aes|rsa|des|rc|utf|base|ntlm|tls|ssl|x|krb|pbkdf|ipv|http|scram-sha|hmac-sha)[-_]?"
    rb"\d{1,4}(?:[-_]\w+)*"
)
"""Network addresses, hosts with a port, versions, names with a digit, and algorithms."""
_TOKEN = re.compile(rb"[!-~]{8,}")
_KEY = re.compile(rb"[A-Za-z0-9+/=_.:%-]{16,}")


def is_password(value: bytes) -> bool:
    """Whether a value can be a password: nearly every text except placeholders and paths."""
    return len(value) >= SHORTEST and not _NONE.fullmatch(value) and not _is_place(value)


def is_token(value: bytes) -> bool:
    """Whether a value can be a token: long enough, and not a word of natural language."""
    if not is_password(value) or not _TOKEN.fullmatch(value) or value.isdigit():
        return False
    a_word = _WORDS.fullmatch(value) and not _HUMPS.search(value)
    return not a_word and entropy(value) > 2.5


def is_mixed(value: bytes) -> bool:
    """Whether a password is no word of natural language: it has digits, signs or mixed case."""
    return is_password(value) and bool(_MIXED.match(value)) and not _ADDRESS.fullmatch(value)


def is_key(value: bytes) -> bool:
    """Whether a value can be a key: random and long enough."""
    if not is_token(value) or not _KEY.fullmatch(value):
        return False
    return entropy(value) > 3 and any(48 <= byte < 58 for byte in value)


def _is_place(value: bytes) -> bool:
    """Whether a value is a path or an address, not base64, which may also begin with a slash."""
    if not _PLACE.fullmatch(value):
        return False
    return not (_BASE64.fullmatch(value) and entropy(value) > 4.2)
