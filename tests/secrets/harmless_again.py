"""Harmless files of services, indexes and tables, chosen with the lots of `held_out_services`."""

import struct
import zlib

from tests.secrets.planted import begin, hexadecimal, noise

TEXTS = (
    ("/etc/systemd/system/c.service", "[Service]\nLoadCredential=password:/etc/x/pw\nEnvironment=TOKEN_FILE=/run/token\nLoadCredential=passwd.hashed-password.root\nImportCredential=passwd.plaintext-password.root\nExecStart=/usr/bin/x --key-file ${CREDENTIALS_DIRECTORY}/key\n"),
    ("/etc/freeradius/3.0/mods-enabled/eap", "tls-config tls-common {\n\tprivate_key_password = whatever\n\tprivate_key_file = /etc/ssl/private/ssl-cert-snakeoil.key\n}\n"),
    ("/etc/msmtprc", "account default\nauth on\nuser bob\npasswordeval \"gpg -d /root/pw.gpg\"\ntls_trust_file /etc/ssl/certs/ca-certificates.crt\n"),
    ("/etc/v/files.conf", "password-file = /etc/v/pw\npassword_file /etc/v/pw\nsecret-file \"/run/v/secret\"\npasswdfile /etc/v/users\ncookie-file /run/v/cookie\n"),
    ("/etc/nsswitch.conf.d/x", "passwd: compat\ngroup: compat\nshadow: compat\n"),
    ("/etc/pam.d/passwd", "@include common-password\npassword sufficient pam_sss.so use_authtok\npassword [success=2 default=ignore] pam_unix.so obscure use_authtok try_first_pass yescrypt\npassword include system-auth\npassword optional pam_gnome_keyring.so\n"),
    ("/etc/sssd/conf.d/x.conf", "[domain/x]\nldap_default_authtok_type = obfuscated_password\nauth_provider = krb5\nchpass_provider = krb5\nkrb5_store_password_if_offline = True\nldap_pwd_policy = none\nldap_tls_key = /etc/ssl/k.pem\n"),
    ("/etc/sudoers.d/x", "Defaults passwd_tries=3, passprompt=\"Password of %u: \"\n%admin ALL=(root) NOPASSWD: /usr/bin/passwd [A-Za-z]*, !/usr/bin/passwd root\n"),
    ("/etc/apache2/sites-enabled/x.conf", "AuthType Digest\nAuthName \"Private Area\"\nAuthUserFile /etc/apache2/digest\nAuthDigestProvider file\nSSLPassPhraseDialog exec:/usr/share/apache2/ask-for-passphrase\nSSLSessionTicketKeyFile /run/tickets\nRequire valid-user\n"),
    ("/etc/dovecot/conf.d/x.conf", "passdb {\n  driver = pam\n  args = session=yes dovecot\n}\nssl_key = </etc/dovecot/private/dovecot.pem\nauth_mechanisms = plain login\ndisable_plaintext_auth = yes\n"),
    ("/etc/postfix/main.cf", "smtp_sasl_password_maps = hash:/etc/postfix/sasl_passwd\nsmtp_tls_key_file = /etc/ssl/k.pem\nsmtpd_tls_session_cache_database = btree:${data_directory}/smtpd_scache\n"),
    ("/etc/redis/users.acl", "user default on nopass ~* &* +@all\nuser off off -@all\n"),
    ("/etc/couchdb/vm.args", "## -setcookie\n-setcookie ${COOKIE}\n-kernel inet_dist_listen_min 9100\n"),
    ("/etc/icinga2/constants.conf", "const PluginDir = \"/usr/lib/nagios/plugins\"\nconst NodeName = \"localhost\"\nconst TicketSalt = \"\"\n"),
    ("/etc/freeipmi/freeipmi.conf", "username myusername\npassword mypassword\n# k_g 0x0123456789abcdef\nk_g mykg\nipmi-sensors-interpret-oem-data\n"),
    ("/etc/issue.net", "Debian GNU/Linux 12\nAccess with a\npassword only. Lost the\npassword? Then ask\nyour administrator.\n"),
    ("/var/lib/v/NEWS", "v (1.2-1) unstable; urgency=medium\n\n  * password: ask twice (Closes: #123456)\n  * Do not log the\n    password anymore.\n  * Secret: removed from the debug output.\n  * token = the parser's word\n\n -- A B <a@b.org>  Mon, 01 Jan 2024 00:00:00 +0000\n"),
    ("/var/lib/v/messages_de.properties", "password=Passwort\npassword.repeat=Passwort wiederholen\nsecret=Geheimnis\nlogin.token=Zugangsmarke\n"),
    ("/var/lib/v/keyring.desktop", "[Desktop Entry]\nName=Passwords and Keys\nName[de]=Passw\u00f6rter und Verschl\u00fcsselung\nKeywords=keyring;encryption;security;sign;ssh;password;\nKeywords[fr]=trousseau;chiffrement;mot de passe;\n"),
    ("/var/cache/debconf/t.dat", "Name: v/admin-pass\nDescription: Password of the administrator:\nDescription-de.UTF-8: Passwort des Verwalters:\nType: password\nOwners: v/admin-pass\n"),
    ("/usr/lib/sysusers.d/x.conf", "u _v 100:65534 - /nonexistent\nu! colord - \"colord colour management daemon\" /var/lib/colord\ng shadow 42\nm bob shadow\n"),
    ("/etc/dbus-1/system.d/x.conf", "<busconfig>\n <policy user=\"root\">\n  <allow send_interface=\"org.freedesktop.Secret.Service\" send_member=\"SetPassword\"/>\n  <allow own=\"org.freedesktop.secrets\"/>\n </policy>\n</busconfig>\n"),
    ("/var/lib/v/index", "libv.so:elf:5f3759df5f3759df5f3759df5f3759df\nprog:elf:0123456789abcdef0123456789abcdef\n"),
    ("/etc/v/sums", "".join(f"/usr/share/v/{n}:{n * 40503:032x}\n" for n in range(9, 30))),
    ("/var/lib/v/users.list", "bob\nalice\ncarol\n"),
    ("/etc/v/auth.txt", "basic\ndigest\n"),
    ("/etc/squid/squid.conf", "auth_param basic program /usr/lib/squid/basic_ncsa_auth /etc/squid/passwd\nauth_param basic realm proxy\n# cachemgr_passwd secret shutdown\ncachemgr_passwd disable all\n"),
    ("/etc/ppp/peers/x", "user \"bob\"\nconnect \"/usr/sbin/chat -v -f /etc/chatscripts/pap\"\nnoauth\nhide-password\nremotename isp\n"),
    ("/etc/ssh/ssh_config.d/x.conf", "Host *\n  PasswordAuthentication no\n  PreferredAuthentications publickey\n  HostKeyAlgorithms ssh-ed25519\n  UserKnownHostsFile /dev/null\n"),
    ("/etc/monit/monitrc", "set httpd port 2812 and\n  allow localhost\n  allow 10.0.0.0/8\n  allow @monit\n"),
    ("/etc/rsyslog.d/x.conf", "*.* :omusrmsg:root,bob\n*.* :omfile:$x\n:msg,contains,\"password\" stop\n"),
    ("/etc/guix/acl", "(acl (entry (public-key (ecc (curve Ed25519) (q #8D156F295D24B0D9A86FA5741A840FF2D24F60F7B6C4134814AD55625971B394#))) (tag (guix import))))\n"),
    ("/etc/hosts.allow", "sshd: 10.0.0.0/8: allow\nALL:LOCAL:deny\n"),
    ("/etc/subuid", "bob:100000:65536\nalice:165536:65536\n"),
    ("/etc/v/sysctl.conf", "net.ipv4.tcp_fastopen_key = \nkernel.random.uuid_seed = 0\nnet.core.bpf_jit_harden = 2\n"),
    ("/etc/v/random.conf", "random_seed = 42\nseed: 1234\ncookie = yes\ncookie_domain = example.org\nsalt_minions = node1\nticket_lifetime = 24h\n"),
)  # fmt: skip


def harmless_again() -> tuple[tuple[str, bytes], ...]:
    """Paths and bytes in which no secret is."""
    begin(25)
    texts = tuple((path, text.encode()) for path, text in TEXTS)
    return (*texts, *_digests(), *_indexes(), *_tables())


def _digests() -> tuple[tuple[str, bytes], ...]:
    status = "".join(
        f"Package: p{n}\nConffiles:\n /etc/p{n} {hexadecimal(32)}\n\n" for n in range(9)
    )
    ucf = "".join(f"{hexadecimal(32)}  /etc/p{n}\n" for n in range(9))
    return (("/var/lib/dpkg/status", status.encode()), ("/var/lib/ucf/hashfile", ucf.encode()))


def _indexes() -> tuple[tuple[str, bytes], ...]:
    """Caches that programs make at installation, as their headers and tables begin."""
    names = b"".join(b"libx%d.so.1\0/lib/libx%d.so.1\0" % (n, n) for n in range(40))
    libraries = b"".join(struct.pack("<iIIIQ", 3, n * 26, n * 26 + 11, 0, 0) for n in range(40))
    icons = b"".join(struct.pack(">III", 12 + n * 12, 96 + n * 20, 400 + n * 8) for n in range(60))
    hashes = b"".join(struct.pack("<III", zlib.crc32(b"%d" % n), n * 64, n * 96) for n in range(60))
    states = b"".join(struct.pack(">HHI", n, n * 3 % 97, n << 8) for n in range(200))
    return (
        ("/etc/ld.so.cache", b"glibc-ld.so.cache1.1" + bytes(28) + libraries + names),
        ("/usr/lib/udev/hwdb.bin", b"KSLPHHRH" + struct.pack("<8Q", 252, 9, 80, 24, 16, 32, 7, 9) + icons),
        ("/usr/share/icons/x/icon-theme.cache", b"\0\1\0\0" + icons + b"password-show\0dialog-password\0"),
        ("/usr/share/mime/mime.cache", b"\0\1\0\2" + icons + b"application/pgp-keys\0application/x-password\0"),
        ("/var/cache/fontconfig/0.cache-8", b"\x04\xfc\x02\xfc\x09\0\0\0" + hashes + b"/usr/share/fonts\0"),
        ("/var/cache/apparmor/x/y", b"\x04\x08\0version\0\x02\7\0\0\0\x1b\x5e\x7d\x3d" + states),
        ("/usr/lib/locale/locale-archive", b"\x09\1\x02\xde" + hashes + b"de_DE.utf8\0"),
        ("/usr/share/glib-2.0/schemas/gschemas.compiled", gvdb({"authentication-password": b"(s)\0\0", "secret-service": b"(b)\0\1"})),
        ("/etc/dconf/db/site", gvdb({"/org/x/lock-enabled": b"b\0\1", "/org/x/password": b"s\0\0"})),
    )  # fmt: skip


def _tables() -> tuple[tuple[str, bytes], ...]:
    """Tables that programs look up in: all values that a byte has, and none of them by chance."""
    crc = b"".join(struct.pack("<I", _crc(n)) for n in range(256))
    steps = (("b", "B", 1), ("le16", "<H", 257), ("be16", ">H", 31), ("le32", "<I", 65793))
    return (
        ("/var/lib/v/all.bin", bytes(range(256))),
        ("/var/lib/v/index.bin", bytes(range(256)) * 4),
        ("/var/lib/v/down.bin", bytes(range(255, -1, -1))),
        ("/var/lib/v/times7.bin", bytes(n * 7 % 256 for n in range(256))),
        ("/var/lib/v/bits.bin", bytes(int(f"{n:08b}"[::-1], 2) for n in range(256))),
        ("/var/lib/v/sbox.bin", _sbox()),
        ("/var/lib/v/crc32.bin", crc),
        ("/var/lib/v/squares.bin", bytes(n * n // 255 for n in range(256))),
        *(
            (f"/var/lib/v/{name}.tab", b"".join(struct.pack(form, n * step) for n in range(256)))
            for name, form, step in steps
        ),
        ("/var/lib/v/records.bin", b"".join(struct.pack("<IHH", n * 997, n, 7) + noise(8) for n in range(64))),
    )  # fmt: skip


def _crc(value: int) -> int:
    for _ in range(8):
        value = value >> 1 ^ (0xEDB88320 if value & 1 else 0)
    return value


def _sbox() -> bytes:
    """The substitution box of AES, a permutation without any order."""
    box, one, other = bytearray(256), 1, 1
    while True:
        one = (one ^ one << 1 ^ (0x11B if one & 0x80 else 0)) & 0xFF
        for shift in (1, 2, 4):
            other = (other ^ other << shift) & 0xFF
        other ^= 0x09 if other & 0x80 else 0
        turned = (other << shift | other >> 8 - shift for shift in range(5))
        box[one] = 0x63
        for byte in turned:
            box[one] ^= byte & 0xFF
        if one == 1:
            break
    box[0] = 0x63
    return bytes(box)


def gvdb(values: dict[str, bytes]) -> bytes:
    """A database as GLib and dconf write it (gvdb-format.h): `values` are types, a zero, bytes."""
    items, rest, at = b"", b"", 24 + 8 + 4 + 24 * len(values)
    for key, packed in values.items():
        form, _, value = packed.partition(b"\0")
        whole = value + b"\0" + form
        start = at + len(rest) + len(key)
        start += -start % 8
        body = key.encode() + bytes(start - at - len(rest) - len(key)) + whole
        items += struct.pack(
            "<IIIHcxII", 0, 0xFFFFFFFF, at + len(rest), len(key), b"v", start, start + len(whole)
        )
        rest += body
    head = b"GVariant" + struct.pack("<IIII", 0, 0, 24, 24 + 12 + len(items))
    return head + struct.pack("<III", 0, 1, 0) + items + rest
