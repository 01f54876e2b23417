"""A second lot of kinds, chosen after the readers had learnt from the first."""

import json
from collections.abc import Iterator

from tests.secrets.made import Planted
from tests.secrets.planted import b64, begin, hexadecimal, noise, word


def held_out_again() -> Iterator[Planted]:
    """Each kind: what it is, the path to plant it at, and its bytes."""
    begin(56)
    for kind, path, text in (*services(), *logins(), *applications()):
        yield kind, path, text.encode()
    yield "/root/.rnd", "/root/.rnd", noise(1024)
    yield (
        "Flask's key in escapes",
        "/srv/f.py",
        b"SECRET_KEY = b'" + b"\\x8f\\x02\\xd1\\xaa\\x17" * 3 + b"'\n",
    )


def services() -> Iterator[tuple[str, str, str]]:
    """Servers' settings."""
    yield "OpenLDAP in LDIF", "/etc/ldap/r.ldif", "dn: olcDatabase={1}mdb\nolcRootPW: hunter22\n"
    yield (
        "Kafka",
        "/etc/kafka/j.conf",
        'KafkaClient {\n  username="u"\n  password="hunter22";\n};\n',
    )
    yield "Tomcat", "/etc/tomcat9/u.xml", '<user username="u" password="hunter22" roles="x"/>'
    yield "WildFly", "/opt/w/mgmt-users.properties", f"admin={hexadecimal(32)}\n"
    yield "proxychains", "/etc/proxychains4.conf", "socks5 10.0.0.1 1080 u hunter22\n"
    yield "Squid", "/etc/squid/x.conf", "cache_peer h parent 3128 0 login=u:hunter22\n"
    yield "HAProxy", "/etc/haproxy/x.cfg", "userlist a\n  user u insecure-password hunter22\n"
    yield "HAProxy's statistics", "/etc/haproxy/y.cfg", "  stats auth u:hunter22\n"
    yield "nginx", "/etc/nginx/x.conf", "secure_link_secret hunter22;\n"
    yield "Varnish", "/etc/varnish/secret", f"{hexadecimal(8)}-0a1b-4c2d-8e3f-{hexadecimal(12)}\n"
    yield "PowerDNS", "/etc/powerdns/x.conf", "api-key=hunter22hunter\n"
    yield "PowerDNS' database", "/etc/powerdns/y.conf", "gmysql-password=hunter22\n"
    yield "Dovecot", "/etc/dovecot/users", "u:{PLAIN}hunter22::::::\n"
    yield "coturn's user", "/etc/turnserver.conf", "lt-cred-mech\nuser=u:hunter22\n"
    yield "coturn's secret", "/etc/t.conf", "static-auth-secret=hunter22\n"
    yield "Matrix", "/etc/matrix/h.yaml", f'macaroon_secret_key: "{word(50)}"\n'
    yield (
        "Matrix's signing key",
        "/etc/matrix/h.signing.key",
        f"ed25519 a_{word(4)} {b64(32).rstrip('=')}\n",
    )
    yield "NUT", "/etc/nut/upsd.users", "[m]\n  password = hunter22\n"
    yield "NUT's monitor", "/etc/nut/upsmon.conf", "MONITOR ups@h 1 u hunter22 master\n"
    yield (
        "strongSwan",
        "/etc/swanctl/x.conf",
        "secrets {\n ike-1 {\n  secret = 0s" + b64(24) + "\n }\n}\n",
    )
    yield "L2TP", "/etc/xl2tpd/l2tp-secrets", "*\t*\thunter22\n"
    yield "FreeRADIUS' users", "/etc/freeradius/u", 'bob Cleartext-Password := "hunter22"\n'
    yield "TACACS+", "/etc/tacacs+/x.conf", 'key = "hunter22"\n'
    yield "OSPF", "/etc/frr/ospfd.conf", " ip ospf message-digest-key 1 md5 hunter22\n"
    yield "OSPF, plain", "/etc/frr/o.conf", " ip ospf authentication-key hunter22\n"
    yield (
        "autofs' LDAP",
        "/etc/autofs_ldap_auth.conf",
        '<autofs_ldap_sasl_conf user="u" secret="hunter22"/>',
    )
    yield "InfluxDB", "/etc/i.env", f"INFLUX_TOKEN={b64(64)}\n"
    yield "BIRD", "/etc/bird/x.conf", 'protocol bgp {\n  password "hunter22";\n}\n'
    yield (
        "Icinga's API",
        "/etc/icinga2/a.conf",
        'object ApiUser "r" {\n  password = "hunter22"\n}\n',
    )
    yield "Slurm's database", "/etc/slurm/slurmdbd.conf", "StorageUser=s\nStoragePass=hunter22\n"
    yield "BeeGFS", "/etc/beegfs/conn.auth", b64(96)
    yield "OpenHPC's Warewulf", "/etc/w.conf", "ipmi password: hunter22\n"


def logins() -> Iterator[tuple[str, str, str]]:
    """What lies in homes."""
    yield ".curlrc", "/root/.curlrc", '--user "u:hunter22"\n'
    yield ".wgetrc", "/root/.wgetrc", "http_password=hunter22\n"
    yield ".pypirc", "/root/.pypirc", "[pypi]\nusername = u\npassword = hunter22\n"
    yield "pip.conf", "/etc/pip.conf", "index-url = https://u:hunter22@pypi.b.org/simple\n"
    yield (
        ".npmrc",
        "/root/.npmrc",
        f"//r.b.org/:_authToken={hexadecimal(8)}-1111-2222-3333-{hexadecimal(12)}\n",
    )
    yield "yarn", "/root/.yarnrc.yml", f'npmAuthToken: "{word(30)}"\n'
    yield "gem", "/root/.gem/credentials", f"---\n:rubygems_api_key: rubygems_{hexadecimal(48)}\n"
    yield "s3cmd", "/root/.s3cfg", f"secret_key = {word(40)}\n"
    yield "gsutil", "/root/.boto", f"gs_oauth2_refresh_token = 1//{word(60)}\n"
    yield "s3fs", "/etc/passwd-s3fs", f"AKIA{word(16, 'ABCDEFGHIJ234567')}:{word(40)}\n"
    yield "CVS", "/root/.cvspass", "/1 :pserver:u@h:2401/cvs Ay=0=h<Z\n"
    yield (
        "cookies of a browser",
        "/root/cookies.txt",
        f"# Netscape HTTP Cookie File\n.b.org\tTRUE\t/\tTRUE\t0\tsessionid\t{word(32)}\n",
    )
    yield "RESTIC_PASSWORD", "/etc/r.env", "RESTIC_PASSWORD=hunter22\n"
    yield "tarsnap", "/root/tarsnap.key", "# START OF TARSNAP KEY FILE\n" + b64(48) + "\n"
    yield "acme.sh", "/root/.acme.sh/account.conf", f"SAVED_CF_Key='{hexadecimal(37)}'\n"
    yield (
        "certbot's account",
        "/etc/letsencrypt/a/private_key.json",
        json.dumps({"n": word(300), "e": "AQAB", "d": word(300), "p": word(100), "kty": "RSA"}),
    )
    yield "WinSCP", "/srv/WinSCP.ini", f"[Sessions\\x]\nPassword={hexadecimal(40).upper()}\n"
    yield "a registry file", "/srv/x.reg", '"DefaultPassword"="hunter22"\n'
    yield (
        "an RDP file",
        "/srv/x.rdp",
        f"password 51:b:01000000D08C9DDF0115D1118C7A00C04FC297EB{hexadecimal(80)}\n",
    )
    yield ".gitconfig", "/root/.gitconfig", '[url "https://u:hunter22@git.b.org/"]\n'
    yield (
        "Electrum",
        "/root/.electrum/w",
        '{"seed": "cram swing cover prefer miss modify ritual silly deliver chunk behind inform"}',
    )
    yield (
        "Ethereum",
        "/root/.ethereum/keystore/k",
        json.dumps(
            {
                "crypto": {
                    "cipher": "aes-128-ctr",
                    "ciphertext": hexadecimal(64),
                    "kdf": "scrypt",
                    "kdfparams": {"n": 1},
                }
            }
        ),
    )
    yield (
        "Bitcoin",
        "/root/key.txt",
        "5" + "HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ" + "\n",
    )


def applications() -> Iterator[tuple[str, str, str]]:
    """Settings of web programs."""
    yield "Docker compose", "/srv/c.yml", "environment:\n  MYSQL_ROOT_PASSWORD: hunter22\n"
    yield "Helm", "/srv/v.yaml", "postgresqlPassword: hunter22\n"
    yield "MinIO", "/etc/default/minio", "MINIO_ROOT_PASSWORD=hunter22\n"
    yield "Nextcloud", "/srv/nc.php", f"<?php $CONFIG = array('secret' => '{word(48)}');\n"
    yield "MediaWiki", "/srv/mw.php", f'$wgSecretKey = "{hexadecimal(64)}";\n'
    yield "Joomla", "/srv/j.php", "public $password = 'hunter22';\n"
    yield "Drupal", "/srv/d.php", f"$settings['hash_salt'] = '{word(70)}';\n"
    yield "Symfony", "/srv/.env", f"APP_SECRET={hexadecimal(32)}\n"
    yield "Express", "/srv/app.js", "app.use(session({ secret: 'hunter22x' }))\n"
    yield "Phoenix", "/srv/p.exs", f'secret_key_base: "{word(64)}"\n'
    yield "Syncthing", "/srv/s.xml", f"<gui><apikey>{word(32)}</apikey></gui>"
    yield "Jenkins", "/srv/j.xml", f"<secret>{{AQAAABAAAAAg{b64(48)}}}</secret>"
    yield "Home Assistant", "/srv/secrets.yaml", "some_password: hunter22\n"
    yield (
        "a dump of roles",
        "/srv/x.sql",
        f"ALTER ROLE u WITH PASSWORD 'SCRAM-SHA-256$4096:{b64(16)}${b64(32)}:{b64(32)}';\n",
    )
    yield "a token in an address", "/srv/hook", f"https://api.b.org/x?access_token={word(40)}\n"
    yield (
        "a webhook",
        "/srv/hook2",
        f"https://discord.com/api/webhooks/{word(18, '0123456789')}/{word(68)}\n",
    )
    yield "LDAP's admin in Python", "/srv/l.py", "BIND_PW = 'hunter22'\n"
    yield "a seed in INI", "/srv/o.ini", "totp_secret = JBSWY3DPEHPK3PXP\n"
    yield "Vagrant", "/srv/Vagrantfile", 'config.ssh.password = "hunter22"\n'
