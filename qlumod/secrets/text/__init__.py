"""Detecting secrets in texts by their context."""

from qlumod.secrets.part import Reader
from qlumod.secrets.rules.matching import tokens
from qlumod.secrets.text.commands import commands
from qlumod.secrets.text.directives import directives, netrc_logins
from qlumod.secrets.text.forms import forms
from qlumod.secrets.text.hashes import password_hashes
from qlumod.secrets.text.lone import lone_words
from qlumod.secrets.text.named import named
from qlumod.secrets.text.pem import pem_keys
from qlumod.secrets.text.settings_files import settings
from qlumod.secrets.text.tables import login_tables
from qlumod.secrets.text.urls import logins_in_addresses

ANYWHERE: tuple[Reader, ...] = (pem_keys, tokens)
"""Readers for all bytes: binary data may contain texts."""
TEXTS: tuple[Reader, ...] = (
    forms,
    password_hashes,
    netrc_logins,
    directives,
    logins_in_addresses,
    settings,
    commands,
)
"""Readers for texts only."""
LAST: tuple[Reader, ...] = (named, login_tables, lone_words)
"""Readers to use if no other one finds anything."""
