"""The kind of secret that the name of a setting indicates: password, token, key, or none."""

import re
from collections.abc import Callable

from qlumod.secrets.text.secret_values import is_key, is_password, is_token

_KEY_OWNERS = re.compile(
    rb"(?i)(?:api|secret|private|access|auth|encrypt(?:ion)?|sign(?:ing)?|master|shared|preshared"
    rb"|pre_shared|session|cookie|hmac|crypt|account|storage|app(?:lication)?|consumer|server"
    rb"|cluster|rpc|gossip|zone|wpa|wep|client|service|deploy|recovery|unseal|root|aes|des|jwt|tsig"
    rb"|security|license|registration|enrol+ment|activation|upgrade|routing|link|logged_in|nonce|secure_auth|host|node|fernet|stream|database|db)[_.-]?\Z"
)
_OPEN = re.compile(rb"(?i)(?:pub(?:lic)?|peer|known|authorized)[_.-]?\Z")
"""Words before ``key`` that make it public."""
_SALT_OWNERS = re.compile(
    rb"(?i)(?:hash|password|auth|logged_in|nonce|secure_auth|ticket|secret|session|cookie|site"
    rb"|security|crypt|encryption|global|admin|token|app)[_.-]?\Z"
)
_OTHER_WORDS = re.compile(
    rb"(?i)[a-z](?<!db)(?<!user)(?<!bind)(?<!admin)(?<!root)(?<!mysql)(?<!ldap)(?<!smtp)(?<!imap)"
    rb"(?<!mail)(?<!ftp)(?<!auth)(?<!sql)(?<!my)(?<!require)(?<!remote)(?<!local)(?<!die)"
    rb"(?<!restart)(?<!send)(?<!recv)(?<!oper)(?<!server)(?<!store)(?<!proxy)(?<!cert)(?<!client)"
    rb"(?<!master)(?<!slave)(?<!http)(?<!ssh)(?<!ipmi)(?<!bmc)(?<!rcon)(?<!vnc)(?<!wifi)\Z"
)
"""Letters before ``pass`` that make it another word: bypass, compass, trespass."""

_PW_OWNERS = re.compile(rb"(?i)(?:\A|[_.]|(?:root|bind|db|admin|user|ldap|my|sql|rw|ro)-?)\Z")
"""Words before ``pw`` that make it a password."""

Promise = tuple[str, Callable[[bytes], bool]]
"""The kind of secret, and a test for its value; an empty kind: no secret."""


def meant(before: bytes, stem: bytes, tail: bytes) -> Promise:
    """The kind of secret that a name indicates, split at a word for secrets (`stem`)."""
    word = stem.lower()
    if word.startswith(b"pass") or word in (b"pwd", b"pw", b"authtok"):
        return _password(before, stem)
    if word.startswith(b"secret") and not tail.lower().endswith(b"key"):
        return "a secret in a setting", is_password
    if word == b"token" or word.startswith(b"cred"):
        return "a token in a setting", is_token
    return _key(before, word)


def _owns_pw(before: bytes, stem: bytes) -> bool:
    """Whether ``pw`` means a password: ``bind_pw``, ``rootpw``, ``masterPw``."""
    return bool(_PW_OWNERS.search(before)) or (stem == b"Pw" and before[-1:].islower())


def _key(before: bytes, word: bytes) -> Promise:
    if word == b"salt":
        return "a secret in a setting" if _SALT_OWNERS.search(before) else "", is_key
    if word == b"key" and _OPEN.search(before):
        return "", is_key
    owned = word != b"key" or _KEY_OWNERS.search(before)
    return "a key in a setting", is_token if owned else _is_long_key


def _password(before: bytes, stem: bytes) -> Promise:
    short = stem.lower() in (b"pass", b"pwd", b"pw")
    if stem.lower() == b"pw" and not _owns_pw(before, stem):
        return "", is_password
    if short and _OTHER_WORDS.search(before) and not stem[:1].isupper():
        return "", is_password
    return "a password in a setting", _is_spelt if short else is_password


def _is_spelt(value: bytes) -> bool:
    """Whether a value is a password that is not a number: ``pass = 4000`` sets a filter."""
    return is_password(value) and not value.isdigit()


def _is_long_key(value: bytes) -> bool:
    return len(value) >= 32 and is_key(value)
