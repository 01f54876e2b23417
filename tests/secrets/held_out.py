"""Kinds that the readers were not written for: chosen after them, to see what they miss."""

import base64
import gzip
import json
import zlib
from collections.abc import Iterator

from tests.secrets.made import Planted
from tests.secrets.planted import PEM, b64, begin, hexadecimal, noise, sqlite, tarred, word, zipped


def held_out() -> Iterator[Planted]:
    """Each kind: what it is, the path to plant it at, and its bytes."""
    begin(34)
    for kind, path, text in texts():
        yield kind, path, text.encode()
    yield from bytes_of_programs()


def texts() -> Iterator[tuple[str, str, str]]:
    """Settings of programs that nobody thought of."""
    yield "Bacula", "/etc/bacula/bacula-dir.conf", f'Director {{\n  Password = "{word(33)}"\n}}\n'
    yield "Asterisk", "/etc/asterisk/sip.conf", "[100]\ntype=friend\nsecret=hunter22\n"
    yield (
        "Ansible's inventory",
        "/etc/ansible/hosts",
        "h1 ansible_user=root ansible_ssh_pass=hunter22\n",
    )
    yield "Kickstart", "/srv/ks.cfg", "rootpw --plaintext hunter22\n"
    yield "preseed", "/srv/preseed.cfg", "d-i passwd/root-password password hunter22\n"
    yield "cloud-init", "/etc/cloud/x.cfg", "chpasswd:\n  list: |\n    root:hunter22\n"
    yield (
        "cloud-init, plain",
        "/etc/cloud/y.cfg",
        "users:\n- name: u\n  plain_text_passwd: hunter22\n",
    )
    yield (
        "Terraform's state",
        "/srv/t.tfstate",
        json.dumps(
            {"resources": [{"instances": [{"attributes": {"master_password": "hunter22"}}]}]}
        ),
    )
    yield "Postfix, static", "/etc/postfix/main.cf", "smtp_sasl_password_maps = static:u:hunter22\n"
    yield (
        "Mercurial",
        "/root/.hgrc",
        "[auth]\nx.prefix = hg.b.org\nx.username = u\nx.password = hunter22\n",
    )
    yield "rclone", "/root/.config/rclone/rclone.conf", f"[r]\ntype = sftp\npass = {word(32)}\n"
    yield "Consul", "/etc/consul.d/c.hcl", f'encrypt = "{b64(32)}"\n'
    yield (
        "Nebula",
        "/etc/nebula/h.key",
        f"-----BEGIN NEBULA X25519 PRIVATE KEY-----\n{b64(32)}\n"
        "-----END NEBULA X25519 PRIVATE KEY-----\n",
    )
    yield (
        "Java's options",
        "/etc/default/app",
        'JAVA_OPTS="-Djavax.net.ssl.keyStorePassword=hunter22"\n',
    )
    yield "MongoDB's key file", "/etc/mongo/keyfile", base64.encodebytes(noise(756)).decode()
    yield "ZFS key in digits", "/etc/zfs/pool.key", hexadecimal(64) + "\n"
    yield (
        "unattend.xml",
        "/srv/unattend.xml",
        "<AdministratorPassword><Value>hunter22</Value></AdministratorPassword>",
    )
    yield "Cargo", "/root/.cargo/credentials.toml", f'[registry]\ntoken = "cio{word(32)}"\n'
    yield "kubeadm", "/etc/v/kubeadm.yaml", f"token: {word(6, 'abc012')}.{word(16, 'abcdef0123')}\n"
    yield (
        "GitLab runner",
        "/etc/gitlab-runner/config.toml",
        f'[[runners]]\n  token = "{word(20)}"\n',
    )
    yield "mosquitto", "/etc/mosquitto/pw", f"u:$7$101${b64(12)}${b64(64)}\n"
    yield "wpa_psk file", "/etc/hostapd.wpa_psk", "00:00:00:00:00:00 hunter22hunter\n"
    yield (
        "proftpd's passwd",
        "/etc/proftpd/ftpd.passwd",
        f"u:$1${word(8)}${word(22)}:1001:1001::/srv:/bin/false\n",
    )
    yield (
        "CouchDB",
        "/etc/couchdb/local.d/a.ini",
        f"[admins]\nadmin = -pbkdf2-{hexadecimal(40)},{hexadecimal(32)},10\n",
    )
    yield "Grafana", "/etc/grafana/grafana.ini", "[security]\nadmin_password = hunter22\n"
    yield "Prometheus", "/etc/prometheus/web.yml", f"basic_auth_users:\n  u: $2b$12${word(53)}\n"
    yield (
        "composer",
        "/root/.config/composer/auth.json",
        '{"http-basic":{"r.b.org":{"username":"u","password":"hunter22"}}}',
    )
    yield (
        "Maven",
        "/root/.m2/settings.xml",
        "<servers><server><username>u</username><password>hunter22</password></server></servers>",
    )
    yield (
        "FileZilla",
        "/root/.config/filezilla/sitemanager.xml",
        '<Server><User>u</User><Pass encoding="base64">aHVudGVyMjI=</Pass></Server>',
    )
    yield "mutt", "/root/.muttrc", "set imap_pass = 'hunter22'\n"
    yield (
        "nullmailer",
        "/etc/nullmailer/remotes",
        "smtp.b.org smtp --port=587 --user=u --pass=hunter22\n",
    )
    yield (
        "Nagios",
        "/etc/nagios4/resource.cfg",
        "$USER3$=u\n$USER4$=hunter22\ndefine command { command_line check -p hunter22 }\n",
    )
    yield "CUPS device", "/etc/cups/printers.conf", "DeviceURI smb://u:hunter22@srv/printer\n"
    yield (
        "DHCP omapi",
        "/etc/dhcp/dhcpd.conf",
        f"key omapi {{\n  algorithm hmac-md5;\n  secret {b64(16)};\n}}\n",
    )
    yield (
        "iSCSI target",
        "/etc/tgt/conf.d/t.conf",
        "<target iqn>\n  incominguser u hunter22hunter\n</target>\n",
    )
    yield (
        "LIO",
        "/etc/target/saveconfig.json",
        '{"targets":[{"tpgs":[{"chap_password":"hunter22","chap_userid":"u"}]}]}',
    )
    yield "OpenVPN's login", "/etc/openvpn/login.txt", "u\nhunter22\n"
    yield (
        "fence agents",
        "/etc/cluster/cib.xml",
        '<nvpair id="f-passwd" name="passwd" value="hunter22"/>',
    )
    yield (
        "ipmi in powerman",
        "/etc/powerman/powerman.conf",
        'device "i" "ipmi" "/usr/sbin/ipmipower -h x -u ADMIN -p hunter22 |&"\n',
    )
    yield (
        "Apache's proxy",
        "/etc/apache2/x.conf",
        f'RequestHeader set Authorization "Basic {b64(15)}"\n',
    )
    yield "vsftpd's users", "/etc/vsftpd/vusers.txt", "alice\nhunter22\n"
    yield (
        "LDAP sssd",
        "/etc/sssd/sssd.conf",
        "ldap_default_authtok_type = password\nldap_default_authtok = hunter22\n",
    )
    yield "SSSD obfuscated", "/etc/sssd/x.conf", f"ldap_default_authtok = {word(60)}\n"
    yield "keyring of ceph in base64", "/etc/v/ceph.yaml", f"userKey: AQ{word(36)}==\n"
    yield (
        "a seed of Nix's cache",
        "/etc/nix/key",
        f"cache.b.org-1:{base64.b64encode(noise(64)).decode()}",
    )
    yield (
        "SSH certificate authority in JSON",
        "/etc/v/ca.json",
        json.dumps({"ca": PEM.decode().replace("EC ", "")}),
    )
    yield (
        "Postgres service file",
        "/etc/pg_service.conf",
        "[x]\nhost=h\nuser=u\npassword=hunter22\n",
    )
    yield "ODBC", "/etc/odbc.ini", "[x]\nUID = u\nPWD = hunter22\n"
    yield "crontab", "/etc/cron.d/x", "0 0 * * * root mysqldump -u root -phunter22 db\n"
    yield (
        "a systemd unit",
        "/etc/systemd/system/x.service",
        '[Service]\nEnvironment="API_TOKEN=' + word(40) + '"\n',
    )
    yield (
        "JSON with a client secret",
        "/etc/v/oauth.json",
        '{"client_id":"x","client_secret":"' + word(32) + '"}',
    )
    yield (
        "a seed phrase",
        "/root/wallet.txt",
        "legal winner thank year wave sausage worth useful legal winner thank yellow\n",
    )
    yield "hosts of lftp", "/root/.config/lftp/bookmarks", "x\tftp://u:hunter22@ftp.b.org/\n"
    yield "Rhosts of expect", "/usr/local/bin/e.exp", 'expect "assword:"\nsend "hunter22\\r"\n'
    yield "LXD's trust", "/var/lib/v/lxd", "core.trust_password: hunter22\n"
    yield "Zabbix", "/etc/zabbix/zabbix.conf.php", "$DB['PASSWORD'] = 'hunter22';\n"


def bytes_of_programs() -> Iterator[Planted]:
    """Forms of bytes that nobody thought of."""
    text = PEM.decode()
    yield "PEM in zip in SQLite in base64", "/srv/x", base64.b64encode(sqlite("k", PEM))
    yield (
        "PEM in a Python wheel in tar",
        "/srv/y.tar",
        tarred("w.whl", zipped("m/k.py", b"K='''" + PEM + b"'''")),
    )
    yield (
        "PEM in a zlib object of git",
        "/srv/.git/objects/ab/cd",
        zlib.compress(b"blob 227\0" + PEM),
    )
    yield "PEM in UTF-32", "/srv/u32", text.encode("utf-32")
    yield "PEM in big-endian UTF-16", "/srv/u16be", b"\xfe\xff" + text.encode("utf-16-be")
    yield (
        "PEM quoted for C",
        "/srv/k.h",
        "\n".join(f'"{line}\\n" \\' for line in text.splitlines()).encode(),
    )
    yield "PEM in CSV", "/srv/k.csv", ('1,"' + text + '"\n').encode()
    yield "PEM in HTML", "/srv/k.html", text.replace("\n", "<br>").encode()
    yield (
        "a token in gzip in JSON",
        "/srv/z.json",
        json.dumps(
            {"d": base64.b64encode(gzip.compress(f"ghp_{word(36)}".encode())).decode()}
        ).encode(),
    )
    yield "random bytes behind a header", "/srv/h.bin", b"KEY1\0\0\0\x20" + noise(32)
    yield "48 random bytes for tickets", "/etc/nginx/ticket.key", noise(80)
    yield "a raw Curve25519 key", "/srv/curve", noise(32)
    yield "a password as UTF-16", "/srv/w.ini", "password=hunter22\r\n".encode("utf-16")
