"""Passwords among the arguments of programs, in scripts, units and crontabs."""

import re
from collections.abc import Iterator

from qlumod.secrets.found import Found
from qlumod.secrets.part import Part
from qlumod.secrets.text.secret_values import is_password

_COMMANDS = re.compile(
    r"/etc/(?:cron[^/]*/|crontab|default/|profile|init\.d/|rc\.local|network/|ppp/|systemd/|udev/)"
    r"|/usr/local/s?bin/|/cron/|\.(?:sh|service|timer|bash\w*|cron|crontab)\Z|/\.?lftp/|/\.(?:bash|zsh|profile|\w*_history)"
)
"""The paths of files that contain command lines without an interpreter line."""
_SHELL = re.compile(rb"#![^\n]{0,80}\b(?:ba|da|k|z|mk|)sh\b")
_ARGUMENTS = rb"[^\n|;&`<>#]{0,300}?\s"
_WORD = (
    rb"""(?:"(?P<q>[^"\n$`]{4,})"|'(?P<s>[^'\n]{4,})'|(?P<b>[^\s"'$`<>|;&(){}\[\]]{4,}))"""
    rb"""(?=[\s;|&)"']|\Z)"""
)


def _option(programs: bytes, options: bytes) -> bytes:
    return rb"(?:" + programs + rb")\s(?:" + _ARGUMENTS + rb")?" + options


_FORMS = tuple(
    re.compile(rb"(?m)(?<![\w./-])(?:/\S{1,80}/)?" + regex + _WORD)
    for regex in (
        _option(rb"ldap(?:search|add|modify|delete|passwd|compare|modrdn|whoami)", rb"-w ?"),
        _option(rb"openssl enc|openssl aes\S*|openssl des\S*", rb"-k (?!-)"),
        _option(rb"openssl\s\w+", rb"-pass(?:in|out)? pass:"),
        _option(rb"openssl passwd", rb"(?:-[156]|-apr1|-salt \S+)\s+(?!-)"),
        _option(rb"zip|unzip", rb"-P ?"),
        _option(rb"7z[ar]?|rar", rb"-p"),
        _option(
            rb"(?:smb|rpc|samba-)?(?:client|tool)|net|smbget|smbmap|wbinfo",
            rb"-U ?[\"']?[\w.\\@-]+%",
        ),
        _option(rb"lftp|ncftp\w*|open", rb"-u ?[\w.@-]+,"),
        _option(rb"ncftp\w*|vncviewer|rdesktop|ipmipower|ipmi-\w+|bmc-\w+", rb"-p ?"),
        _option(rb"xfreerdp", rb"/p:"),
        _option(rb"gpg2?|gpg-preset-passphrase", rb"--passphrase[ =]"),
        _option(rb"keytool|jarsigner", rb"-(?:store|key|srcstore|deststore)pass "),
        _option(rb"snmp\w+", rb"-[AX] ?"),
        _option(rb"kadmin(?:\.local)?|kinit", rb"(?:-w|-pw) ?"),
        _option(rb"redis-cli", rb"(?:-a|--pass) ?"),
        _option(rb"mongo\w*|influx", rb"(?:-p|-password) "),
        _option(rb"rabbitmqctl", rb"(?:add_user|change_password) \S+ "),
        _option(rb"nmcli", rb"(?:password|psk|wifi-sec\.psk) "),
        _option(rb"wpa_passphrase", rb"(?:\"[^\"]+\"|\S+) "),
        rb"(?:echo|printf)\s(?:-\w+\s)?(?=[^\n]{4,200}\|\s*(?:sudo\s(?:-\w+\s)*)?(?:cryptsetup|passwd|smbpasswd"
        rb"|kinit|su|gpg|sudo -S|mount\.ecryptfs|ecryptfs\S*|zfs load-key|saslpasswd2|docker login"
        rb"|podman login)\b)",
    )
)
_HEADER = re.compile(
    rb"(?i)(?:-H|--header|--header=|proxy_set_header|RequestHeader set)\s?[\"']?"
    rb"(?:X-[\w-]*(?:Token|Key|Secret|Password|Auth)|PRIVATE-TOKEN|ApiKey|Api-Key)[: ]\s?[\"']?"
    rb"(?P<q>(?=[\w.+/=-]*\d)[\w.+/=-]{12,})(?P<s>)(?P<b>)"
)


def commands(part: Part) -> Iterator[Found]:
    """The first password in the arguments of a program; `forms` finds those of other programs."""
    if not (_SHELL.match(part.data) or _COMMANDS.search(part.called)):
        return
    for form in (*_FORMS, _HEADER):
        for match in form.finditer(part.data):
            part.attempts.spend()
            value = match["q"] or match["s"] or match["b"]
            if is_password(value) and not value.startswith((b"-", b"$", b"pass:", b"file:")):
                yield part.holds("a password on a command line", at=match.start())
                return
