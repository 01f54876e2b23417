"""Kinds of secrets to plant, for the tests and for ``make attack``."""

import base64
import bz2
import gzip
import io
import json
import lzma
import random
import sqlite3
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from tests.secrets.made import Planted, made

_RANDOM = random.Random(12)


def begin(seed: int) -> None:
    """Let the random words and bytes that follow be the same in each run."""
    _RANDOM.seed(seed)


def noise(size: int) -> bytes:
    """Random bytes."""
    return _RANDOM.randbytes(size)


def word(size: int, letters: str = "") -> str:
    """A random word."""
    letters = letters or "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    return "".join(_RANDOM.choice(letters) for _ in range(size))


def hexadecimal(size: int) -> str:
    return word(size, "0123456789abcdef")


def b64(size: int) -> str:
    return base64.b64encode(noise(size)).decode()


def planted() -> Iterator[Planted]:
    """Each kind: what it is, the path to plant it at, and its bytes."""
    begin(12)
    with tempfile.TemporaryDirectory(prefix="qlumod-planted-") as work:
        keys = tuple(made(Path(work)))
    yield from keys
    pem = next((data for kind, _, data in keys if kind.startswith("EC, SEC")), PEM)
    yield from wrapped(pem)
    yield from packed(pem)
    yield from formats()
    yield from texts()
    yield from tokens()


PEM = (
    b"-----BEGIN EC PRIVATE KEY-----\n"
    b"MHcCAQEEIIrDyJc4l9Wo4zVPeGBYMJwxnpfhGHEKJBlvNKkE5bgxoAoGCCqGSM49\n"
    b"AwEHoUQDQgAEv8NcqCpCPuBW1hTjHqlPKXsqbL1oj5bxKEt5n3dXCzG3bxCOf3iV\n"
    b"xgOnJ0w3VxOY0Qm2jh0yJmPLZ6g0G1q3xA==\n"
    b"-----END EC PRIVATE KEY-----\n"
)


def wrapped(pem: bytes) -> Iterator[Planted]:
    """One PEM key in all the clothes that texts put on it."""
    text = pem.decode()
    yield "PEM in JSON", "/etc/v/a.json", json.dumps({"key": text}).encode()
    yield "PEM in JSON in JSON", "/etc/v/b.json", json.dumps(json.dumps({"key": text})).encode()
    yield (
        "PEM in YAML, indented",
        "/etc/v/a.yaml",
        b"key: |\n" + b"".join(b"    " + line + b"\n" for line in pem.splitlines()),
    )
    yield "PEM behind a byte-order mark", "/etc/v/bom.pem", b"\xef\xbb\xbf" + pem
    yield "PEM with CRLF", "/etc/v/crlf.pem", pem.replace(b"\n", b"\r\n")
    yield "PEM in UTF-16", "/etc/v/wide.pem", text.encode("utf-16")
    yield "PEM in UTF-16 without mark", "/etc/v/wide2.pem", text.encode("utf-16-le")
    yield "PEM in base64", "/etc/v/b64", base64.encodebytes(pem)
    yield "PEM in base64 in base64", "/etc/v/b64b64", base64.b64encode(base64.b64encode(pem))
    yield "PEM in a shell script", "/usr/local/bin/x", b"#!/bin/sh\ncat <<X\n" + pem + b"X\n"
    yield (
        "PEM in a Python text",
        "/opt/v/x.py",
        b"K = (" + b"".join(b'    "' + line + b'\\n"\n' for line in pem.splitlines()) + b")\n",
    )
    yield (
        "PEM in an environment file",
        "/etc/default/v",
        b'KEY="' + pem.replace(b"\n", b"\\n") + b'"\n',
    )
    yield "PEM in XML", "/etc/v/x.xml", b"<k>" + pem.replace(b"\n", b"&#10;") + b"</k>"
    yield (
        "PEM in an address",
        "/etc/v/url",
        b"k=" + pem.replace(b"+", b"%2B").replace(b"\n", b"%0A").replace(b" ", b"%20"),
    )
    yield "PEM in comments", "/etc/v/c.conf", b"".join(b"# " + x + b"\n" for x in pem.splitlines())
    yield "PEM within binary bytes", "/opt/v/prog", b"\x7fELF" + noise(300) + pem + noise(300)


def packed(pem: bytes) -> Iterator[Planted]:
    """One PEM key in archives, streams and databases."""
    gz = gzip.compress(pem)
    yield "in gzip", "/opt/v/x.gz", gz
    yield "in bzip2", "/opt/v/x.bz2", bz2.compress(pem)
    yield "in xz", "/opt/v/x.xz", lzma.compress(pem)
    yield "in lzma", "/opt/v/x.lzma", lzma.compress(pem, lzma.FORMAT_ALONE)
    yield "in zlib", "/opt/v/x.z", zlib.compress(pem)
    yield "in the second stream of gzip", "/opt/v/y.gz", gzip.compress(b"harmless\n") + gz
    yield "in zip", "/opt/v/x.jar", zipped("META-INF/a.pem", pem)
    yield "in tar", "/opt/v/x.tar", tarred("etc/a.pem", pem)
    yield "in tar in gzip", "/opt/v/x.tgz", gzip.compress(tarred("etc/a.pem", pem))
    yield "in zip in tar in xz", "/opt/v/x.txz", lzma.compress(tarred("z", zipped("k", pem)))
    yield "in ar", "/opt/v/x.a", b"!<arch>\n" + member("k.pem", pem)
    yield (
        "in a .deb",
        "/opt/v/x.deb",
        b"!<arch>\n"
        + member("debian-binary", b"2.0\n")
        + member("data.tar.xz", lzma.compress(tarred("./etc/k", pem))),
    )
    early = cpio("kernel/x", b"microcode") + bytes(512)
    yield "in an initrd", "/boot/initrd.img-v", early + gzip.compress(cpio("etc/keys/k", pem))
    yield "in SQLite", "/var/lib/v/v.db", sqlite("keys", pem)
    yield "in SQLite, over several pages", "/var/lib/v/w.db", sqlite("keys", b"x" * 3000 + pem * 3)


def zipped(name: str, data: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return file.getvalue()


def tarred(name: str, data: bytes) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        info = tarfile.TarInfo(name)
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
    return file.getvalue()


def member(name: str, data: bytes) -> bytes:
    head = f"{name:16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(data):<10}`\n".encode()
    return head + data + b"\n" * (len(data) % 2)


def cpio(name: str, data: bytes) -> bytes:
    """A cpio archive (newc) with one file."""
    return _entry(name, data) + _entry("TRAILER!!!", b"")


def _entry(name: str, data: bytes) -> bytes:
    fields = (0, 0o100644, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0)
    head = b"070701" + b"".join(b"%08x" % field for field in fields) + name.encode() + b"\0"
    head += bytes(-len(head) % 4)
    return head + data + bytes(-len(data) % 4)


def sqlite(table: str, data: bytes) -> bytes:
    connection = sqlite3.connect(":memory:")
    connection.execute(f"CREATE TABLE {table} (id INTEGER, value TEXT)")
    connection.execute(f"INSERT INTO {table} VALUES (1, ?)", (data.decode(),))
    connection.commit()
    return connection.serialize()


def formats() -> Iterator[Planted]:
    """Formats that programs have of their own, by hand."""
    entry = b"\0\2\0\7EXAMPLE\0\4host\0\7a.b.org\0\0\0\1" + bytes(4) + b"\1\0\x12\0\x20" + noise(32)
    yield "a keytab", "/etc/v/tab", b"\5\2" + len(entry).to_bytes(4, "big") + entry
    principal = b"\0\0\0\1\0\0\0\1\0\0\0\7EXAMPLE\0\0\0\4user"
    yield (
        "a cache of Kerberos",
        "/tmp/krb5cc_0",
        b"\5\4\0\x0c\0\1\0\x08" + bytes(8) + principal * 3 + noise(200),
    )
    yield "PuTTY", "/opt/v/k.ppk", b"PuTTY-User-Key-File-3: ssh-ed25519\r\nEncryption: none\r\n"
    yield "SSH 1", "/opt/v/identity", b"SSH PRIVATE KEY FILE FORMAT 1.1\n\0" + noise(300)
    ed = b"\0\0\0\x0bssh-ed25519\0\0\0\x40" + noise(64)
    yield "dropbear", "/etc/dropbear/dropbear_ed25519_host_key", ed
    yield "KeePass", "/opt/v/p.kdbx", bytes.fromhex("03d9a29a67fb4bb5") + noise(400)
    yield "Password Safe", "/opt/v/p.psafe3", b"PWS3" + noise(400)
    yield "GNOME's keyring", "/opt/v/l.keyring", b"GnomeKeyring\n\r\0\n" + noise(300)
    yield "KWallet", "/opt/v/k.kwl", b"KWALLET\n\r\0\r\n" + noise(300)
    yield "LUKS", "/opt/v/disk", b"LUKS\xba\xbe\0\2" + bytes(4000)
    yield "git-crypt", "/opt/v/gc", b"\0GITCRYPTKEY" + noise(100)
    yield "munge", "/etc/munge/munge.key", noise(1024)
    yield "random bytes, 32", "/var/lib/v/state.bin", noise(32)
    yield "random bytes, 128", "/var/lib/v/seed", noise(128)
    yield "random bytes, 4096", "/etc/keys/disk", noise(4096)
    yield "VNC", "/root/.vnc/passwd", noise(8)
    cookie = b"\1\0\0\4host\0\0010\0\x12MIT-MAGIC-COOKIE-1\0\x10" + noise(16)
    yield "Xauthority", "/root/.Xauthority", cookie
    yield (
        "sasldb",
        "/etc/sasldb2",
        bytes(12) + b"\x61\x15\6\0" + noise(80) + b"u\0r\0userPassword" + b"word",
    )
    tdb = b"TDB file\n" + bytes(23) + noise(60) + b"SECRETS/MACHINE_PASSWORD/DOM" + noise(40)
    yield "Samba's secrets", "/var/lib/samba/private/secrets.tdb", tdb
    yield (
        "Samba's accounts",
        "/var/lib/v/passdb.tdb",
        b"TDB file\n" + bytes(23) + b"\0USER_root\0" + noise(60),
    )
    yield (
        "NSS",
        "/etc/pki/key3.db",
        bytes(12) + b"\x61\x15\6\0" + noise(90) + b"global-salt" + noise(90),
    )
    jks_trusted = b"\xfe\xed\xfe\xed\0\0\0\2\0\0\0\1\0\0\0\1\0\1a" + bytes(8) + b"\0\0\0\4abcd"
    yield "a Java keystore", "/opt/v/x.keystore", jks_trusted + noise(40)
    yield "a Tor key", "/var/lib/v/hs", b"== ed25519v1-secret: type0 ==\0\0\0" + noise(64)
    yield "Oracle's wallet", "/opt/v/cwallet.sso", b"\xa1\xf8\x4e\x36\0\0\0\6" + noise(300)


SHADOW = "$6$saltsaltsalt$" + word(86, "ABCDEFGHIJabcdefghij0123456789./")


def texts() -> Iterator[Planted]:
    """Settings, hashes, and files whose name the world knows."""
    url64 = base64.urlsafe_b64encode(noise(32)).decode().rstrip("=")
    table = (
        ("shadow", "/var/backups/sh.old", f"root:{SHADOW}:19000:0:99999:7:::\n"),
        ("gshadow", "/etc/gshadow", f"adm:{SHADOW}::\n"),
        ("yescrypt", "/etc/v.users", f"u:$y$j9T${word(22)}${word(43)}\n"),
        ("htpasswd, apr1", "/etc/v/.htpasswd", f"u:$apr1${word(8)}${word(22)}\n"),
        ("htpasswd, bcrypt", "/etc/v/users", f"u:$2y$05${word(53)}\n"),
        ("htpasswd, SHA", "/etc/v/web", "u:{SHA}" + b64(20) + "\n"),
        ("htdigest", "/etc/v/.htdigest", f"u:realm:{hexadecimal(32)}\n"),
        ("LDAP", "/etc/v/a.ldif", "userPassword: {SSHA}" + b64(24) + "\n"),
        ("LDAP in base64", "/etc/v/b.ldif", "userPassword:: " + b64(36) + "\n"),
        (
            "GRUB",
            "/boot/grub/v.cfg",
            f"password_pbkdf2 r grub.pbkdf2.sha512.10000.{hexadecimal(128)}.{hexadecimal(128)}\n",
        ),
        ("Django's hash", "/var/lib/v/x.json", f'["pbkdf2_sha256$260000${word(12)}${b64(32)}"]'),
        ("PostgreSQL", "/etc/v/userlist.txt", f'"u" "md5{hexadecimal(32)}"\n'),
        ("SCRAM", "/etc/v/list.txt", f'"u" "SCRAM-SHA-256$4096:{b64(16)}${b64(32)}:{b64(32)}"\n'),
        (
            "smbpasswd",
            "/etc/samba/smbpasswd",
            f"r:0:{'X' * 32}:{hexadecimal(32).upper()}:[U          ]:LCT-5E:\n",
        ),
        (".netrc", "/root/.netrc", "machine a.b.org login u password hunter22\n"),
        (
            ".netrc in lines",
            "/etc/apt/auth.conf.d/v.conf",
            "machine a.b.org\nlogin u\npassword hunter22\n",
        ),
        (".pgpass", "/root/.pgpass", "db:5432:*:u:hunter22\n"),
        (".my.cnf", "/root/.my.cnf", "[client]\nuser=u\npassword=hunter22\n"),
        ("debian.cnf", "/etc/mysql/v.cnf", "[client]\npassword = Xk3jd82jsKw9\n"),
        ("a password in ini", "/etc/v.ini", "[db]\ndb_pass = hunter22\n"),
        ("a password in YAML", "/etc/v.yml", "db:\n  password: 'hunter22'\n"),
        ("a password in JSON", "/etc/v.json", '{"db":{"user":"u","password":"hunter22"}}'),
        ("a password in TOML", "/etc/v.toml", 'smtp_password = "hunter22"\n'),
        ("a password in XML", "/etc/v.xml", "<user><password>hunter22</password></user>"),
        ("a password in an attribute", "/etc/w.xml", '<ds user="u" password="hunter22"/>'),
        ("a password in a shell script", "/etc/default/w", "export DB_PASSWORD=hunter22\n"),
        ("a password in PHP", "/etc/v/db.php", "<?php\n$dbpass='hunter22';\n"),
        ("a password in Perl", "/etc/v/x.pl", "our $password = 'hunter22';\n"),
        ("a password in properties", "/etc/v.properties", "spring.datasource.password=hunter22\n"),
        (
            "a connection string",
            "/etc/v/app.config",
            "Server=db;User Id=u;Password=hunter22;Database=x",
        ),
        (
            "docker's config.json",
            "/root/.docker/config.json",
            '{"auths":{"r.io":{"auth":"' + b64(24) + '"}}}',
        ),
        (".git-credentials", "/root/.git-credentials", "https://u:hunter22@git.b.org\n"),
        ("an address with a password", "/etc/v/db.conf", "url = postgresql://u:hunter22@db/x\n"),
        (
            "a proxy with a password",
            "/etc/environment",
            "http_proxy=http://u:hunter22@proxy:3128/\n",
        ),
        (
            "NetworkManager",
            "/etc/NetworkManager/system-connections/w.nmconnection",
            "[wifi-security]\npsk=hunter22hunter\n",
        ),
        ("wpa_supplicant", "/etc/v/wpa.conf", 'network={\n\tssid="x"\n\tpsk="hunter22hunter"\n}\n'),
        (
            "wpa in interfaces",
            "/etc/network/interfaces.d/w",
            "iface w inet dhcp\n  wpa-ssid x\n  wpa-psk hunter22hunter\n",
        ),
        ("hostapd", "/etc/hostapd.conf", "wpa_passphrase=hunter22hunter\n"),
        ("chap-secrets", "/etc/ppp/chap-secrets", "u\t*\thunter22\t*\n"),
        ("ipsec.secrets", "/etc/ipsec.secrets", '10.0.0.1 : PSK "hunter22"\n'),
        ("exim", "/etc/exim4/passwd.client", "*.b.org:u:hunter22\n"),
        ("postfix", "/etc/postfix/sasl_passwd", "[smtp.b.org]:587 u:hunter22\n"),
        ("fetchmail", "/root/.fetchmailrc", 'poll a.b.org user "u" password "hunter22"\n'),
        ("rsync", "/etc/rsyncd.secrets", "u:hunter22\n"),
        ("davfs2", "/etc/davfs2/secrets", "https://a.b.org u hunter22\n"),
        ("smb credentials", "/etc/v/cifs", "username=u\npassword=hunter22\n"),
        ("fstab", "/etc/fstab", "//s/x /mnt cifs user=u,password=hunter22 0 0\n"),
        ("redis", "/etc/v/redis.conf", "requirepass hunter22\n"),
        ("slapd.conf", "/etc/v/slapd.conf", "rootdn cn=x\nrootpw hunter22\n"),
        ("nslcd", "/etc/v/nslcd.conf", "binddn cn=x\nbindpw hunter22\n"),
        ("SNMP community", "/etc/snmp/snmpd.conf.d/v.conf", "rocommunity hunter22 10.0.0.0/8\n"),
        ("SNMP user", "/var/lib/snmp/snmpd.conf", "createUser u SHA hunter22 AES hunter22\n"),
        ("TSIG", "/etc/v/tsig.conf", f'key x {{ algorithm hmac-sha256; secret "{b64(32)}"; }};\n'),
        ("drbd", "/etc/v/r0.res", 'net { \n  shared-secret "hunter22";\n}\n'),
        (
            "keepalived",
            "/etc/v/keepalived.conf",
            "authentication {\n  auth_type PASS\n  auth_pass hunter2\n}\n",
        ),
        ("radius", "/etc/v/clients.conf", "client x {\n  secret = hunter22\n}\n"),
        ("iSCSI CHAP", "/etc/v/iscsid.conf", "node.session.auth.password = hunter22hunter\n"),
        ("Cisco", "/etc/v/router.cfg", "username admin password 7 0822455D0A16\n"),
        ("BGP", "/etc/v/bgpd.conf", " neighbor 10.0.0.1 password hunter22\n"),
        (
            "an Erlang cookie",
            "/var/lib/rabbitmq/.erlang.cookie",
            word(20, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
        ),
        ("Django", "/etc/v/settings.py", f"SECRET_KEY = '{word(50)}'\n"),
        ("Rails", "/etc/v/secrets.yml", f"production:\n  secret_key_base: {hexadecimal(128)}\n"),
        ("WordPress", "/etc/v/wp.php", f"define('AUTH_KEY', '{word(60)}');\n"),
        ("Laravel", "/opt/v/.env", f"APP_KEY=base64:{b64(32)}\n"),
        ("ansible-vault", "/etc/v/vault.yml", f"$ANSIBLE_VAULT;1.1;AES256\n{hexadecimal(80)}\n"),
        ("kubeconfig", "/etc/v/kube", f"users:\n- user:\n    client-key-data: {b64(300)}\n"),
        ("a token in kubeconfig", "/etc/v/kube2", f"users:\n- user:\n    token: {word(60)}\n"),
        (
            "a secret of Kubernetes",
            "/etc/v/s.yaml",
            "kind: Secret\nmetadata:\n  name: x\ndata:\n  pw: aHVudGVyMjI=\n",
        ),
        ("AWS", "/root/.aws/credentials", f"[default]\naws_secret_access_key = {word(40)}\n"),
        (
            "GCP",
            "/etc/v/gcp.json",
            json.dumps({"type": "service_account", "private_key": PEM.decode()}),
        ),
        ("Azure storage", "/etc/v/az", f"AccountName=x;AccountKey={b64(64)};EndpointSuffix=y"),
        ("WireGuard", "/etc/v/wg0.conf", f"[Interface]\nPrivateKey = {b64(32)}\n"),
        (
            "age",
            "/etc/v/age.txt",
            "AGE-SECRET-KEY-1" + word(58, "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L") + "\n",
        ),
        (
            "JWK",
            "/etc/v/jwk.json",
            json.dumps({"keys": [{"kty": "EC", "crv": "P-256", "x": url64, "d": url64}]}),
        ),
        ("JWK, symmetric", "/etc/v/oct.json", json.dumps({"k": url64, "kty": "oct"})),
        (
            "DNSSEC",
            "/etc/v/Kx.private",
            f"Private-key-format: v1.3\nAlgorithm: 13\nPrivateKey: {b64(32)}\n",
        ),
        (
            "OpenVPN static key",
            "/etc/v/ta.key",
            "-----BEGIN OpenVPN Static key V1-----\n" + f"{hexadecimal(32)}\n" * 16,
        ),
        ("Slurm's JWT key", "/etc/slurm/jwt_hs256.key", b64(32)),
        ("ceph", "/etc/ceph/x.keyring", "[client.admin]\n\tkey = AQ" + word(36) + "==\n"),
        ("chrony's keys", "/etc/v/chrony.keys", "1 SHA1 HEX:" + hexadecimal(40) + "\n"),
        (
            "one-time passwords",
            "/root/.google_authenticator",
            word(26, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") + '\n" RATE_LIMIT 3 30\n" TOTP_AUTH\n',
        ),
        (
            "Subversion",
            "/root/.subversion/auth/svn.simple/x",
            "K 8\npassword\nV 8\nhunter22\nEND\n",
        ),
        ("SQL", "/etc/v/init.sql", "CREATE USER u IDENTIFIED BY 'hunter22';\n"),
        ("curl", "/usr/local/bin/w", "curl -s -u admin:hunter22 https://x/\n"),
        ("sshpass", "/usr/local/bin/v", "sshpass -p hunter22 ssh x\n"),
        (
            "an authorization header",
            "/etc/v/h.conf",
            f'proxy_set_header Authorization "Basic {b64(18)}";\n',
        ),
        (
            "minisign",
            "/etc/v/m.key",
            "untrusted comment: minisign encrypted secret key\nRWRTY0Iy" + word(200) + "\n",
        ),
        (
            "ZeroTier",
            "/var/lib/zerotier-one/identity.secret",
            f"{hexadecimal(10)}:0:{hexadecimal(128)}:{hexadecimal(128)}",
        ),
    )
    for kind, path, text in table:
        yield kind, path, text.encode()


def tokens() -> Iterator[Planted]:
    """Tokens of services."""
    table = (
        ("GitHub", f"ghp_{word(36)}"),
        ("GitHub, fine-grained", f"github_pat_{word(82)}"),
        ("GitLab", f"glpat-{word(20)}"),
        ("AWS", "AKIA" + word(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")),
        ("Slack", f"xoxb-{word(12, '0123456789')}-{word(12, '0123456789')}-{word(24)}"),
        ("Stripe", f"sk_live_{word(24)}"),
        ("Google", f"AIza{word(35)}"),
        ("SendGrid", f"SG.{word(22)}.{word(43)}"),
        ("npm", f"npm_{word(36)}"),
        ("PyPI", f"pypi-AgEIcHlwaS5vcmc{word(80)}"),
        ("JWT", f"eyJ{word(20)}.eyJ{word(60)}.{word(43)}"),
        ("DigitalOcean", f"dop_v1_{hexadecimal(64)}"),
        ("Hugging Face", f"hf_{word(34, 'abcdefghijklmnopqrstuvwxyz')}"),
        ("HashiCorp Vault", f"hvs.{word(92)}"),
        ("Docker Hub", f"dckr_pat_{word(27)}"),
        ("Anthropic", f"sk-ant-api03-{word(93)}AA"),
    )
    for kind, token in table:
        yield f"a token of {kind}", "/etc/v/service.conf", f"value {token}\n".encode()
