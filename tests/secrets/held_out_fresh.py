"""Kinds that were chosen after the readers had learnt from all other lots: what is still missed."""

import json
from collections.abc import Iterator

from tests.secrets.made import Planted
from tests.secrets.planted import b64, begin, hexadecimal, noise, word


def held_out_fresh() -> Iterator[Planted]:
    """Each kind: what it is, the path to plant it at, and its bytes."""
    begin(56)
    for kind, path, text in (*services(), *logins()):
        yield kind, path, text.encode()
    yield "a key of HTCondor's pool", "/etc/condor/passwords.d/POOL", noise(256)
    yield "GLPI's key", "/etc/glpi/config/glpicrypt.key", noise(32)


def services() -> Iterator[tuple[str, str, str]]:
    """Servers' settings."""
    yield (
        "SOGo",
        "/etc/sogo/sogo.conf",
        f'{{\n  SOGoUserSources = ({{ bindDN = "cn=s"; bindPassword = {word(10)}; }});\n}}\n',
    )
    yield "Mosquitto's bridge", "/etc/mosquitto/conf.d/b.conf", f"remote_password {word(12)}\n"
    yield (
        "Icecast",
        "/etc/icecast2/icecast.xml",
        f"<authentication>\n <source-password>{word(8)}</source-password>\n</authentication>\n",
    )
    yield (
        "Asterisk's manager",
        "/etc/asterisk/manager.d/a.conf",
        f"[admin]\nsecret = {word(12)}\nread = all\n",
    )
    yield "ngIRCd", "/etc/ngircd/ngircd.conf", f"[Server]\n\tMyPassword = {word(10)}\n"
    yield (
        "fastd",
        "/etc/fastd/site/secret.conf",
        f'secret "{hexadecimal(64)}";\n',
    )
    yield (
        "an OSPF key of BIRD",
        "/etc/bird/bird.conf",
        f'interface "eth0" {{\n  authentication cryptographic;\n  password "{word(10)}" {{ id 1; }};\n}}\n',
    )
    yield "GRE of keepalived", "/etc/keepalived/keepalived.conf", f"  auth_pass {word(8)}\n"
    yield (
        "Xymon's client",
        "/etc/xymon/protocols.cfg",
        f'[imap]\n   send "a1 LOGIN monitor {word(10)}\\r\\n"\n',
    )
    yield (
        "NRPE's command",
        "/etc/nagios/nrpe.d/x.cfg",
        f"command[check_db]=/usr/lib/nagios/plugins/check_mysql -u mon -p {word(10)}\n",
    )
    yield (
        "check_ipmi",
        "/etc/icinga2/conf.d/ipmi.conf",
        f'vars.ipmi_sensor_password = "{word(10)}"\nvars.ipmi_k_g = "0x{hexadecimal(40)}"\n',
    )
    yield (
        "Dnsmasq's OMAPI",
        "/etc/dhcp/omapi.conf",
        f"omapi-key k;\nkey k {{ algorithm hmac-md5; secret {b64(16)}; }};\n",
    )
    yield (
        "Kea's database",
        "/etc/kea/kea-dhcp4.conf",
        json.dumps({"Dhcp4": {"lease-database": {"type": "mysql", "password": word(10)}}}),
    )
    yield (
        "Kea's control agent",
        "/etc/kea/kea-api-password",
        f"{word(20)}",
    )
    yield (
        "Prometheus' exporter",
        "/etc/default/prometheus-postgres-exporter",
        f"DATA_SOURCE_NAME='user=prom host=/run/postgresql password={word(10)} dbname=x'\n",
    )
    yield (
        "MySQL's exporter",
        "/etc/default/prometheus-mysqld-exporter",
        f'DATA_SOURCE_NAME="prometheus:{word(12)}@unix(/run/mysqld/mysqld.sock)/"\n',
    )
    yield (
        "PHP's session",
        "/etc/php/8.2/fpm/pool.d/www.conf",
        f'php_value[session.save_path] = "tcp://127.0.0.1:6379?auth={word(16)}"\n',
    )
    yield (
        "uWSGI's statistics",
        "/etc/uwsgi/apps-enabled/a.ini",
        f"[uwsgi]\nenv = DJANGO_SECRET={word(40)}\n",
    )
    yield (
        "Celery",
        "/etc/default/celeryd",
        f'CELERY_BROKER="amqp://worker:{word(12)}@mq:5672//"\n',
    )
    yield (
        "GlusterFS' volume",
        "/var/lib/glusterd/vols/v/trusted-v.vol",
        f"volume v-client-0\n    option username {hexadecimal(8)}\n    option password {word(20)}\nend-volume\n",
    )
    yield "OpenSMTPD", "/etc/smtpd/secrets", f"relay bob:{word(12)}\n"
    yield "s-nail", "/root/.mailrc", f"set smtp-auth-user=bob smtp-auth-password={word(10)}\n"
    yield (
        "Cyrus' SASL",
        "/etc/imapd.conf",
        f"sasl_pwcheck_method: auxprop\nsasl_sql_passwd: {word(10)}\n",
    )
    yield (
        "Postfix' map of LDAP",
        "/etc/postfix/ldap-users.cf",
        f"server_host = ldap://a\nbind_dn = cn=p\nbind_pw = {word(10)}\n",
    )


def logins() -> Iterator[tuple[str, str, str]]:
    """What lies in homes, and in programs' states."""
    yield (
        "SSSD's kernel of smart cards",
        "/etc/sssd/pki/pin.conf",
        f"pkcs11_pin = {word(8)}\n",
    )
    yield "lftp", "/root/.lftp/rc", f"open -u bob,{word(10)} ftp.b.org\n"
    yield "ncftp", "/root/.ncftp/site.cfg", f"host ftp.b.org\nuser bob\npass {word(10)}\n"
    yield "smbclient", "/usr/local/bin/copy", f"smbclient //srv/share -U 'bob%{word(10)}' -c ls\n"
    yield "mount.davfs", "/root/.davfs2/secrets", f"https://dav.b.org bob {word(10)}\n"
    yield (
        "Remmina",
        "/root/.local/share/remmina/a.remmina",
        f"[remmina]\npassword={b64(16)}\nserver=a\n",
    )
    yield (
        "WeeChat",
        "/root/.config/weechat/sec.conf",
        f'[data]\nlibera = "{hexadecimal(90).upper()}"\n__passphrase__ = on\n',
    )
    yield "irssi", "/root/.irssi/config", f'  sasl_password = "{word(10)}";\n'
    yield (
        "a token of Home Assistant's kind",
        "/var/lib/ha/.storage/auth",
        json.dumps({"data": {"refresh_tokens": [{"token": hexadecimal(128)}]}}),
    )
    yield (
        "rpcbind's clustering secret of GFS",
        "/etc/ctdb/secret.conf",
        f"cluster_secret: {hexadecimal(64)}\n",
    )
    yield "ssh-askpass in a script", "/usr/local/bin/ask", f"#!/bin/sh\necho '{word(12)}'\n"
    yield (
        "a deploy hook",
        "/usr/local/bin/deploy",
        f"#!/bin/sh\ncurl -H 'X-Auth-Token: {word(32)}' https://b.org/deploy\n",
    )
    yield (
        "an LDAP search in cron",
        "/etc/cron.d/ldap",
        f"0 1 * * * root ldapsearch -x -D cn=admin,dc=b -w {word(10)} -b dc=b >/dev/null\n",
    )
    yield (
        "a restore by PostgreSQL",
        "/usr/local/sbin/restore",
        f"#!/bin/sh\nPGPASSWORD={word(12)} pg_restore -h db -U admin x\n",
    )
    yield (
        "a key for openssl",
        "/usr/local/sbin/seal",
        f"#!/bin/sh\nopenssl enc -aes-256-cbc -k {word(16)} -in /x -out /y\n",
    )
    yield (
        "a password of chpasswd by openssl",
        "/usr/local/sbin/users",
        f"#!/bin/sh\nuseradd -p $(openssl passwd -6 {word(10)}) bob\n",
    )
    yield (
        "cryptsetup from a pipe",
        "/usr/local/sbin/open",
        f"#!/bin/sh\necho -n {word(14)} | cryptsetup open /dev/sdb x -\n",
    )
    yield (
        "a zip with a password",
        "/usr/local/sbin/pack",
        f"#!/bin/sh\nzip -P {word(10)} /srv/x.zip /etc/x\n",
    )
