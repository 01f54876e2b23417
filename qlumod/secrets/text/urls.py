"""Passwords in addresses: ``scheme://user:password@host``."""

import re
from collections.abc import Iterator

from qlumod.secrets.found import Found
from qlumod.secrets.part import Part, places
from qlumod.secrets.text.secret_values import is_password

_LOGIN = re.compile(rb"://[^\s/:@\"'<>\[\]\\]{0,80}:(?P<value>[^\s/@\"'<>\\]{3,200})@[\w\[]")
_SAMPLES = frozenset((b"pass", b"passwd", b"password", b"pw", b"pwd", b"secret", b"xyz", b"token"))


def logins_in_addresses(part: Part) -> Iterator[Found]:
    """The first address that contains a password."""
    for at in places(part.data, b"://"):
        login = _LOGIN.match(part.data, at)
        if login and login["value"].lower() not in _SAMPLES and is_password(login["value"]):
            yield part.holds("an address with a password", at=at)
            return
