"""Files as services of Debian and their administrators write them, chosen after the other lots."""

import json
from collections.abc import Iterator

from tests.secrets.made import Planted
from tests.secrets.planted import b64, begin, hexadecimal, noise, word

BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


def held_out_services() -> Iterator[Planted]:
    """Each kind: what it is, the path to plant it at, and its bytes."""
    begin(78)
    for kind, path, text in (*servers(), *networks(), *of_mail(), *applications()):
        yield kind, path, text.encode()
    head = b"TDB file\n" + bytes(23) + noise(60)
    yield (
        "Samba's domain controller",
        "/var/lib/samba/private/sam.ldb",
        head + b"unicodePwd\0\1\0\0\0\x10\0\0\0" + noise(16) + b"\0" + noise(40),
    )


def uuid() -> str:
    return (
        f"{hexadecimal(8)}-{hexadecimal(4)}-4{hexadecimal(3)}-a{hexadecimal(3)}-{hexadecimal(12)}"
    )


def servers() -> Iterator[tuple[str, str, str]]:
    """Databases, directories, clusters."""
    yield (
        "pgpool's administrators",
        "/etc/pgpool2/pcp.conf",
        f"# USERID:MD5PASSWD\npostgres:{hexadecimal(32)}\n",
    )
    yield (
        "MySQL's replication",
        "/var/lib/mysql/master.info",
        f"33\nmysql-bin.000003\n154\n10.0.0.2\nrepl\n{word(12)}\n3306\n60\n0\n",
    )
    yield (
        "ProxySQL",
        "/etc/proxysql.cnf",
        f'admin_variables=\n{{\n\tadmin_credentials="admin:{word(10)}"\n}}\n',
    )
    yield (
        "RabbitMQ in Erlang",
        "/etc/rabbitmq/rabbitmq.config",
        f'[{{rabbit, [{{default_user, <<"a">>}}, {{default_pass, <<"{word(14)}">>}}]}}].\n',
    )
    yield (
        "pcsd's users",
        "/var/lib/pcsd/pcs_users.conf",
        json.dumps([{"creation_date": "Mon", "token": uuid(), "username": "hacluster"}], indent=1),
    )
    yield (
        "GlusterFS",
        "/var/lib/glusterd/vols/v/info",
        f"type=2\nvolume-id={uuid()}\nusername={uuid()}\npassword={uuid()}\n",
    )
    yield (
        "OpenLDAP's replication",
        "/etc/ldap/slapd.d/cn=config/r.ldif",
        "olcSyncrepl: {0}rid=1 provider=ldap://a bindmethod=simple binddn=cn=r"
        " credentials=hunter22 searchbase=dc=x\n",
    )
    yield (
        "Cassandra's JMX",
        "/etc/cassandra/jmxremote.password",
        f"monitorRole {word(10)}\ncontrolRole {word(10)}\n",
    )
    yield (
        "Hadoop",
        "/etc/hadoop/conf/ssl-server.xml",
        "<configuration>\n <property>\n  <name>ssl.server.keystore.password</name>\n"
        f"  <value>{word(12)}</value>\n </property>\n</configuration>\n",
    )
    yield (
        "Solr",
        "/var/lib/solr/security.json",
        json.dumps({"authentication": {"credentials": {"solr": f"{b64(32)} {b64(32)}"}}}),
    )
    yield (
        "Swift",
        "/etc/swift/swift.conf",
        f"[swift-hash]\nswift_hash_path_suffix = {hexadecimal(20)}\n",
    )
    yield (
        "xCAT",
        "/etc/xcat/cfgloc",
        f"mysql:dbname=xcatdb;host=10.0.0.1|xcatadmin|{word(12)}\n",
    )
    yield (
        "static tokens of Kubernetes",
        "/etc/kubernetes/tokens.csv",
        f'{hexadecimal(32)},admin,1,"system:masters"\n',
    )
    yield "Proxmox", "/etc/pve/priv/token.cfg", f"root@pam!backup {uuid()}\n"
    yield (
        "libvirt",
        "/etc/libvirt/secrets/0b9c8d9e-6a55-4c5e-9c53-0f3b6e6d1f77.base64",
        b64(28),
    )


def networks() -> Iterator[tuple[str, str, str]]:
    """VPNs, routers, wireless networks, RADIUS."""
    yield (
        "Yggdrasil",
        "/etc/yggdrasil/yggdrasil.conf",
        f"{{\n  Peers: []\n  # keep it\n  PrivateKey: {hexadecimal(128)}\n}}\n",
    )
    yield (
        "PAM's RADIUS",
        "/etc/pam_radius_auth.conf",
        f"# server[:port]\tshared_secret\ttimeout (s)\n10.0.0.9\t{word(12)}\t3\n",
    )
    yield (
        "iwd",
        "/var/lib/iwd/site.psk",
        f"[Security]\nPreSharedKey={hexadecimal(64)}\nPassphrase={word(10)}\n",
    )
    yield (
        "vpnc",
        "/etc/vpnc/site.conf",
        f"IPSec gateway a.b.org\nIPSec ID site\nIPSec secret {word(12)}\nXauth username u\n",
    )
    yield (
        "fwknop",
        "/etc/fwknop/access.conf",
        f"SOURCE              ANY\nKEY_BASE64          {b64(32)}\nHMAC_KEY_BASE64     {b64(64)}\n",
    )
    yield (
        "OpenVPN's login, inline",
        "/etc/openvpn/client/site.conf",
        f"client\nremote a.b.org 1194\n<auth-user-pass>\nbob\n{word(12)}\n</auth-user-pass>\n",
    )
    yield (
        "RIP",
        "/etc/frr/ripd.conf",
        f"key chain site\n key 1\n  key-string {word(10)}\n",
    )
    yield (
        "hostapd's EAP users",
        "/etc/hostapd/hostapd.eap_user",
        f'* PEAP\n"bob" MSCHAPV2 "{word(10)}" [2]\n',
    )
    yield (
        "a Tor client's key",
        "/var/lib/tor/onion_auth/a.auth_private",
        f"{word(56, BASE32.lower())}:descriptor:x25519:{word(52, BASE32)}\n",
    )
    yield (
        "nsupdate",
        "/usr/local/sbin/ddns",
        f"#!/bin/sh\nnsupdate -y hmac-sha256:dyn.b.org:{b64(32)} /run/ddns.txt\n",
    )
    yield (
        "SNMP's defaults",
        "/etc/snmp/snmp.conf",
        f"defSecurityName monitor\ndefAuthPassphrase {word(12)}\ndefPrivPassphrase {word(12)}\n",
    )
    yield (
        "SoftEther",
        "/var/lib/softether/vpn_server.config",
        f"declare root\n{{\n\tdeclare ServerConfiguration\n\t{{\n\t\tbyte HashedPassword {b64(20)}\n\t}}\n}}\n",
    )
    yield (
        "headscale",
        "/var/lib/headscale/noise_private.key",
        f"privkey:{hexadecimal(64)}",
    )


def of_mail() -> Iterator[tuple[str, str, str]]:
    """Mail, news, fax."""
    yield (
        "Courier's database",
        "/etc/courier/authmysqlrc",
        f"MYSQL_SERVER\t\tlocalhost\nMYSQL_USERNAME\t\tcourier\nMYSQL_PASSWORD\t\t{word(10)}\n",
    )
    yield (
        "INN",
        "/etc/news/passwd.nntp",
        f"# host:user:password:authstyle\nnews.b.org:bob:{word(10)}:authinfo\n",
    )
    yield "HylaFAX", "/etc/hylafax/hosts.hfaxd", f"localhost\n^fax@:1000:{word(13)}:{word(13)}\n"
    yield (
        "rspamd",
        "/etc/rspamd/local.d/worker-controller.inc",
        f'password = "$2${word(32).lower()}${word(52).lower()}";\n',
    )
    yield (
        "sendmail",
        "/etc/mail/authinfo",
        f'AuthInfo:smtp.b.org "U:bob" "I:bob" "P:{word(10)}" "M:PLAIN"\n',
    )
    yield (
        "mbsync",
        "/root/.mbsyncrc",
        f"IMAPAccount a\nHost imap.b.org\nUser bob\nPass {word(10)}\n",
    )
    yield (
        "amavis",
        "/etc/amavis/conf.d/50-user",
        "use strict;\n@lookup_sql_dsn =\n  (['DBI:mysql:database=mail;host=127.0.0.1', 'mail',"
        f" '{word(12)}']);\n1;\n",
    )
    yield "DSPAM", "/etc/dspam/dspam.d/mysql.conf", f"MySQLUser\t\tdspam\nMySQLPass\t\t{word(10)}\n"


def applications() -> Iterator[tuple[str, str, str]]:
    """Web programs, monitoring, desktops."""
    yield (
        "Mailman",
        "/etc/mailman3/mailman-hyperkitty.cfg",
        f"[general]\nbase_url: http://localhost/hyperkitty/\napi_key: {word(32)}\n",
    )
    yield (
        "RT",
        "/etc/request-tracker5/RT_SiteConfig.d/51-dbconfig-common.pm",
        f"Set($DatabaseUser, 'rtuser');\nSet($DatabasePassword, '{word(12)}');\n",
    )
    yield (
        "SimpleSAMLphp",
        "/var/lib/simplesamlphp/secrets.inc.php",
        f"<?php\n$config['secretsalt'] = '{word(32)}';\n",
    )
    yield (
        "Transmission",
        "/var/lib/transmission-daemon/info/settings.json",
        json.dumps({"rpc-password": "{" + hexadecimal(40) + word(8), "rpc-port": 9091}, indent=4),
    )
    yield (
        "Deluge",
        "/var/lib/deluged/config/auth",
        f"localclient:{hexadecimal(40)}:10\n",
    )
    yield (
        "ZNC",
        "/var/lib/znc/configs/znc.conf",
        f"<User bob>\n\tPass       = sha256#{hexadecimal(64)}#{word(20)}#\n</User>\n",
    )
    yield (
        "Jetty",
        "/etc/jetty9/realm.properties",
        f"admin: OBF:{word(28).lower()},server-administrator,admin\n",
    )
    yield (
        "Squid's manager",
        "/etc/squid/conf.d/manager.conf",
        f"cachemgr_passwd {word(10)} all\n",
    )
    yield "apt-cacher-ng", "/etc/apt-cacher-ng/security.conf", f"AdminAuth: admin:{word(10)}\n"
    yield (
        "rsyslog's database",
        "/etc/rsyslog.d/mysql.conf",
        f"$ModLoad ommysql\n*.* :ommysql:localhost,Syslog,rsyslog,{word(12)}\n",
    )
    yield (
        "Graylog",
        "/etc/graylog/server/server.conf",
        f"is_leader = true\nroot_password_sha2 = {hexadecimal(64)}\n",
    )
    yield (
        "OSSEC's agents",
        "/var/ossec/etc/client.keys",
        f"001 node1 10.0.0.3 {hexadecimal(64)}\n",
    )
    yield (
        "Monit",
        "/etc/monit/conf.d/http",
        f"set httpd port 2812 and\n    allow localhost\n    allow admin:{word(10)}\n",
    )
    yield (
        "BOINC",
        "/var/lib/boinc-client/account_boinc.b.org.xml",
        f"<account>\n    <authenticator>{hexadecimal(32)}</authenticator>\n</account>\n",
    )
    yield (
        "Foreman",
        "/etc/foreman/encryption_key.rb",
        f"module EncryptionKey\n  ENCRYPTION_KEY = ENV['ENCRYPTION_KEY'] || '{hexadecimal(40)}'\nend\n",
    )
