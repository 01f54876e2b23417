"""Password hashes that begin with a special character, anywhere: crypt(5), schemes of LDAP."""

import re
from collections.abc import Iterator

from qlumod.secrets.found import Found
from qlumod.secrets.part import Part
from qlumod.secrets.runs import entropy

_BY_SIGN = (
    # crypt(5), and additions of passlib, PHP and rspamd.
    re.compile(
        rb"\$(?:1|2(?=\$[a-z0-9]{20,32}\$)|5|6|7|8|9|y|gy|2[abxy]|apr1|md5|sha1|P|H|S|argon2(?:id|i|d)|scrypt|ml"
        rb"|bcrypt-sha256|pbkdf2(?:-sha\d{1,3})?)\$(?:[\w=,+./-]{1,60}\$){0,3}"
        rb"([./A-Za-z0-9+=]{20,200})"
    ),
    # The schemes of RFC 2307, OpenLDAP and Dovecot.
    re.compile(
        rb"\{(?i:S?SHA\d{0,3}|S?MD5|CRYPT|PBKDF2(?:[-_]SHA\d+)?|ARGON2|BLF-CRYPT|CRAM-MD5|PLAIN"
        rb"|(?:SHA\d+|MD5)-CRYPT|DIGEST-MD5|SCRAM-SHA-\d+|CLEARTEXT)(?i:\.b64|\.hex)?\}"
        rb"([^\s{}\"'<>|]{6,200})"
    ),
)
"""Each begins with one character, which `re` finds fast; group 1 is as random as a hash or salt."""

_RANDOM = 2.5


def password_hashes(part: Part) -> Iterator[Found]:
    """The first password hash in a part; rules (rules/own.py) find other kinds."""
    for form in _BY_SIGN:
        for match in form.finditer(part.data):
            if entropy(match[1]) > _RANDOM:
                yield part.holds("a hash of a password", at=match.start())
                return
