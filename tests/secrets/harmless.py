"""Texts and bytes that look like secrets to a careless eye, as Debian has them."""

import gzip
import io
import tarfile
import zipfile

from tests.secrets.planted import noise

CERTIFICATE = b"""-----BEGIN CERTIFICATE-----
MIIBeTCCAR+gAwIBAgIUZJEUcmyBLBvNQEnyLZuA9MwaeK0wCgYIKoZIzj0EAwIw
EjEQMA4GA1UEAwwHZXhhbXBsZTAeFw0yNTAxMDEwMDAwMDBaFw0zNTAxMDEwMDAw
MDBaMBIxEDAOBgNVBAMMB2V4YW1wbGUwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC
-----END CERTIFICATE-----
"""

ED25519_PREFIX = b'0.\x02\x01\x000\x05\x06\x03+en\x04"\x04 '
COMPILED = b"\xe90\0\0\0r\x02\0\0\0\xe9\x10\0\0\0)\x0fr\xb8\0\0\0r\xf0\0\0\0"
"""What compiled Python has after a constant."""

TEXTS = (
    ("/etc/pam.d/common-password", "password\t[success=1 default=ignore]\tpam_unix.so obscure yescrypt\n"),
    ("/etc/pam.d/other", "password requisite pam_deny.so\npassword required pam_permit.so\n"),
    ("/etc/nsswitch.conf", "passwd:         files systemd\nshadow:         files\n"),
    ("/etc/ssh/sshd_config", "PasswordAuthentication no\nPermitEmptyPasswords no\n"),
    ("/etc/login.defs", "PASS_MAX_DAYS\t99999\nPASS_MIN_DAYS\t0\nENCRYPT_METHOD SHA512\n"),
    ("/etc/shadow", "root:*:19000:0:99999:7:::\nmunge:!:19000::::::\nbin:!*:1::::::\n"),
    ("/etc/gshadow", "root:*::\nadm:!::\nssh::: \n"),
    ("/etc/passwd", "root:x:0:0:root:/root:/bin/bash\n"),
    ("/etc/exim4/passwd.client", "# password file used when the local exim is authenticating\n# host:user:pass\n"),
    ("/etc/ppp/pap-secrets", 'guest\thostname\t"*"\t-\nmaster\thostname\t"*"\t-\n*\thostname\t""\t*\n'),
    ("/etc/redis/redis.conf", "# requirepass foobared\n# masterauth <master-password>\n"),
    ("/etc/snmp/snmpd.conf", "rocommunity  public default -V systemonly\n#rwcommunity  secret\n"),
    ("/etc/v/a.conf", "password_file = /etc/v/pw\nkey_file=/etc/v/key.pem\nssl_key: /etc/ssl/k.pem\n"),
    ("/etc/v/b.conf", "password =\nsecret = \"\"\ntoken: null\napi_key: ~\npassword: ********\n"),
    ("/etc/v/c.conf", "password = ${DB_PASSWORD}\nsecret = {{ vault.secret }}\ntoken=@TOKEN@\npass=%s\n"),
    ("/etc/v/d.conf", "password = changeme\npassword=<your password here>\nsecret=your-secret\n"),
    ("/etc/v/e.conf", "token_type: bearer\nsecret_name: mysecret\npasswordless: true\ncompass: north-east\n"),
    ("/usr/sbin/x", '#!/bin/sh\nPASSWORD=$(pwgen 20)\nread -r password\nPASS="$1"\nkey=`cat /k`\n'),
    ("/usr/share/x.py", "password = getpass.getpass()\ndef login(user, password=None): return self.password\n"),
    ("/usr/share/x.html", '<input type="password" name="password" value="">\n<label>Password: </label>\n'),
    ("/usr/share/x.json", '{"password": {"type": "string"}, "token": {"type": "string", "minLength": 8}}'),
    ("/usr/share/locale/de.po", 'msgid "Password:"\nmsgstr "Passwort:"\n'),
    ("/usr/share/doc/x", "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----\n"),
    ("/usr/lib/x.so", "openssl\0-----BEGIN PRIVATE KEY-----\0-----END PRIVATE KEY-----\0"),
    ("/usr/share/y.py", 'MARK = "-----BEGIN RSA PRIVATE KEY-----"\nif text.startswith(MARK): pass\n'),
    ("/root/.ssh/authorized_keys", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJtGHNbxwPfhW0t1x5U2PxvM7xX2cR4cP8m5b9tq3J1n a@b\n"),
    ("/etc/ssh/ssh_known_hosts", "|1|JfKTdBh7rNbXkVAQCRp4OQoPfmI=|USECr3SWf1JUPsms5AqfD5QfxkM= ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAB\n"),
    ("/var/lib/x.md5sums", "ff7075da89ec9b06290c476e1d81cc3c  lib/udev/ifupdown-hotplug\n" * 30),
    ("/var/lib/x/uuid", "8c5b2f0e-6f0b-4f6a-9f5e-2f3f1d1c7a11\n"),
    ("/var/lib/x/version", "20240314.1-2+deb12u1\n"),
    ("/etc/machine-id", "2f9a3a0c8b6e4d5f9a7c1e2d3b4a5f60\n"),
    ("/etc/apt/sources.list", "deb https://mirror.example.org/debian bookworm main\n"),
    ("/etc/v/urls", "https://user@host/path http://localhost:8080/@x git+ssh://git@host:22/x\n"),
    ("/etc/v/urls2", "proxy = http://user:password@proxy:3128/  # http://USER:PASS@host\n"),
    ("/etc/systemd/x.service", "[Service]\nExecStart=/usr/bin/x --password-file=/run/pw --token-ttl 30\n"),
    ("/etc/v/wg.conf", "[Peer]\nPublicKey = xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=\n"),
    ("/etc/v/rndc.conf", 'options { default-key "rndc-key"; };\n# secret "xxxx";\n'),
    ("/var/cache/debconf/templates.dat", "Name: x/password\nDescription: Password:\nType: password\n"),
    ("/etc/v/netrc-like.txt", "the default login password is described in the machine's manual\n"),
    ("/etc/v/krb5.conf", "[libdefaults]\n\tdefault_realm = EXAMPLE.ORG\n\tforwardable = true\n"),
    ("/etc/v/slurm.conf", "AuthType=auth/munge\nCryptoType=crypto/munge\nStoragePass=\n"),
    ("/usr/lib/v/list", "libs/spirit/include/boost/spirit/home/karma/detail/attributes\n" * 50),
)  # fmt: skip


def harmless() -> tuple[tuple[str, bytes], ...]:
    """Paths and bytes in which no secret is."""
    texts = tuple((path, text.encode()) for path, text in TEXTS)
    return (*texts, *_bytes())


def _bytes() -> tuple[tuple[str, bytes], ...]:
    zipped, tarred = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", "password = $x\n")
    with tarfile.open(fileobj=tarred, mode="w") as tar:
        tar.addfile(tarfile.TarInfo("empty"))
    trusted = b"\0\0\0\2\0\1a" + bytes(8) + b"\0\5X.509\0\0\0\4abcd"
    return (
        ("/etc/ssl/certs/a.pem", CERTIFICATE),
        ("/etc/ssl/certs/java/cacerts", b"\xfe\xed\xfe\xed\0\0\0\2\0\0\0\1" + trusted + noise(20)),
        ("/usr/share/keyrings/a.gpg", b"\x99\0\x0d\4" + bytes(4) + b"\1" + noise(7)),
        ("/opt/v/a.gz", gzip.compress(b"harmless\n" * 50, mtime=0)),
        ("/opt/v/a.png", b"\x89PNG\r\n\x1a\n" + noise(500)),
        ("/opt/v/a.zip", zipped.getvalue()),
        ("/opt/v/a.tar", tarred.getvalue()),
        ("/var/cache/v.cache", b"\1\0\0\0" * 500 + noise(40)),
        ("/var/lib/v/times", bytes(range(40)) * 3),
        ("/var/lib/v/empty", b""),
        ("/etc/krb5.keytab", b"\5\2"),
        ("/usr/lib/v/x.pyc", noise(40) + ED25519_PREFIX + COMPILED + noise(40)),
        ("/etc/v/utf16.txt", "password =\r\nhello\r\n".encode("utf-16")),
    )
