"""Environment variables that change what libraries do: removed from this process.

This runs before any other module of qlumod is imported, and so before the libraries are loaded that
read these variables. Programs that qlumod starts do not get them either:
`qlumod.system.processes.run` makes their environment, and sets ``APT_CONFIG`` for the processes
that initialize libapt.

Variables that act before Python's first line cannot be undone here: the loader's ``LD_…``, and what
the C library has loaded for the caller's locale.
"""

import os

FORGOTTEN = (
    # libcrypto (hashlib, cryptography, libapt): files of configuration name providers and engines,
    # libraries whose code it runs; the others say where it looks for these.
    "OPENSSL_CONF",
    "OPENSSL_CONF_INCLUDE",
    "OPENSSL_MODULES",
    "OPENSSL_ENGINES",
    # libssl (ssl): whom it believes, and a file into which it writes the keys of its connections.
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "SSLKEYLOGFILE",
    # The C library's iconv loads converters from there; a locale from elsewhere asks for them.
    "GCONV_PATH",
    "LOCPATH",
    # libsasl2 and libkrb5, which a service of nsswitch.conf brings in (users of an LDAP): plugins.
    "SASL_PATH",
    "SASL_CONF_PATH",
    "KRB5_CONFIG",
)


def forget() -> None:
    """Take these variables out of the environment, that of the C library, too."""
    for name in FORGOTTEN:
        os.environ.pop(name, None)


forget()
