"""What the caller's environment would have the libraries of this process do, forgotten.

This runs before any other module of qlumod is imported, and with that before the libraries are
loaded that read these variables. Programs that qlumod starts get none of them: their environment is
made by `qlumod.system.processes.run`, which also gives ``APT_CONFIG`` to the processes that are to
have it (nobody else initializes libapt).

What acts before Python's first line cannot be undone here: the loader's ``LD_…``, and what the C
library has loaded for the caller's locale by then.
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
