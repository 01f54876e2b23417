"""A further lot of services, chosen with that of `held_out_services`, and not looked at before it
was found: what a reader says of kinds that it was not mended for."""

import json
from collections.abc import Iterator

from tests.secrets.held_out_services import uuid
from tests.secrets.made import Planted
from tests.secrets.planted import b64, begin, hexadecimal, word


def held_out_services_again() -> Iterator[Planted]:
    """Each kind: what it is, the path to plant it at, and its bytes."""
    begin(90)
    for kind, path, text in (*servers(), *networks(), *of_mail(), *applications()):
        yield kind, path, text.encode()


def servers() -> Iterator[tuple[str, str, str]]:
    """Databases, directories, clusters."""
    yield "pgpool", "/etc/pgpool2/pool_passwd", f"bob:md5{hexadecimal(32)}\n"
    yield (
        "Redis' sentinel",
        "/etc/redis/sentinel.conf",
        f"sentinel monitor m 10.0.0.1 6379 2\nsentinel auth-pass m {word(14)}\n",
    )
    yield (
        "389's token",
        "/etc/dirsrv/slapd-site/pin.txt",
        f"Internal (Software) Token:{word(40)}\n",
    )
    yield (
        "smbldap-tools",
        "/etc/smbldap-tools/smbldap_bind.conf",
        f'masterDN="cn=admin,dc=b"\nmasterPw="{word(12)}"\n',
    )
    yield (
        "ZooKeeper",
        "/etc/zookeeper/jaas.conf",
        "Server {\n  org.apache.zookeeper.server.auth.DigestLoginModule required\n"
        f'  user_super="{word(12)}";\n}};\n',
    )
    yield (
        "ProFTPD's database",
        "/etc/proftpd/sql.conf",
        f"SQLBackend mysql\nSQLConnectInfo proftpd@localhost proftpd {word(12)}\n",
    )
    yield (
        "Pure-FTPd's database",
        "/etc/pure-ftpd/db/mysql.conf",
        f"MYSQLUser       ftp\nMYSQLPassword   {word(10)}\n",
    )
    yield (
        "Barbican",
        "/etc/barbican/barbican.conf",
        f"[simple_crypto_plugin]\nkek = '{b64(32)}'\n",
    )
    yield (
        "Neutron",
        "/etc/neutron/metadata_agent.ini",
        f"[DEFAULT]\nmetadata_proxy_shared_secret = {word(20)}\n",
    )
    yield (
        "NVMe over fabrics",
        "/etc/nvme/config.json",
        json.dumps([{"hostnqn": "nqn.a", "dhchap_key": f"DHHC-1:00:{b64(36)}:"}]),
    )


def networks() -> Iterator[tuple[str, str, str]]:
    """VPNs, routers, wireless networks, RADIUS."""
    yield "radcli", "/etc/radcli/servers", f"# server\tsecret\n10.0.0.9\t{word(12)}\n"
    yield (
        "a chat script",
        "/etc/chatscripts/site",
        f"ABORT BUSY\n'' ATZ\nOK ATDT5551234\nogin: bob\nword: \\q{word(10)}\n",
    )
    yield (
        "BlueZ",
        "/var/lib/bluetooth/00:11:22:33:44:55/66:77:88:99:AA:BB/info",
        f"[General]\nName=kbd\n\n[LinkKey]\nKey={hexadecimal(32).upper()}\nType=4\nPINLength=0\n",
    )
    yield "mosquitto's shared keys", "/etc/mosquitto/psk.conf", f"sensor1:{hexadecimal(32)}\n"
    yield "stunnel's shared keys", "/etc/stunnel/secrets.conf", f"client1:{word(30)}\n"
    yield (
        "Babel",
        "/etc/babeld.conf",
        f"key id k1 type hmac-sha256 value {hexadecimal(64)}\n",
    )
    yield (
        "dnsdist",
        "/etc/dnsdist/dnsdist.conf",
        f"controlSocket('127.0.0.1:5199')\nsetKey(\"{b64(32)}\")\n",
    )
    yield (
        "SNMP's traps",
        "/etc/snmp/snmptrapd.conf",
        f"authCommunity log,execute,net {word(12)}\n",
    )
    yield (
        "tinyproxy",
        "/etc/tinyproxy/tinyproxy.conf",
        f"Port 8888\nBasicAuth bob {word(10)}\n",
    )
    yield (
        "hostapd's RADIUS clients",
        "/etc/hostapd/hostapd.radius_clients",
        f"10.0.0.0/8\t{word(12)}\n",
    )
    yield (
        "Xauth of vpnc",
        "/etc/vpnc/other.conf",
        f"IPSec gateway a.b.org\nXauth username bob\nXauth password {word(10)}\n",
    )
    yield (
        "FreeSWITCH",
        "/etc/freeswitch/vars.xml",
        f'<include>\n  <X-PRE-PROCESS cmd="set" data="default_password={word(8)}"/>\n</include>\n',
    )
    yield "Kamailio", "/etc/kamailio/kamctlrc", f'DBRWUSER="kamailio"\nDBRWPW="{word(12)}"\n'


def of_mail() -> Iterator[tuple[str, str, str]]:
    """Mail, news."""
    yield (
        "Courier's relay",
        "/etc/courier/esmtpauthclient",
        f"smtp.b.org,587 bob {word(12)}\n",
    )
    yield "DMA", "/etc/dma/auth.conf", f"bob|smtp.b.org:{word(10)}\n"
    yield (
        "exim's client",
        "/etc/exim4/conf.d/auth/50_site",
        f"plain:\n  driver = plaintext\n  public_name = PLAIN\n  client_send = ^bob^{word(10)}\n",
    )
    yield (
        "OfflineIMAP",
        "/root/.offlineimaprc",
        f"[Repository r]\nremoteuser = bob\nremotepass = {word(10)}\n",
    )
    yield "postsrsd", "/etc/postsrsd.secret", b64(18) + "\n"
    yield (
        "freshclam's proxy",
        "/etc/clamav/freshclam.conf",
        f"HTTPProxyServer 10.0.0.1\nHTTPProxyPort 3128\nHTTPProxyPassword {word(10)}\n",
    )


def applications() -> Iterator[tuple[str, str, str]]:
    """Web programs, monitoring, games."""
    yield (
        "phpLDAPadmin",
        "/etc/phpldapadmin/config.php",
        f"<?php\n$servers->setValue('login','bind_pass','{word(12)}');\n",
    )
    yield "OTRS", "/etc/otrs/Kernel/Config.pm", f"    $Self->{{DatabasePw}} = '{word(12)}';\n"
    yield (
        "MediaWiki's upgrade",
        "/etc/mediawiki/LocalSettings.php",
        f'<?php\n$wgUpgradeKey = "{hexadecimal(16)}";\n',
    )
    yield (
        "Prosody's account",
        "/var/lib/prosody/b%2eorg/accounts/bob.dat",
        f'return {{\n\t["iteration_count"] = 10000;\n\t["salt"] = "{uuid()}";\n'
        f'\t["server_key"] = "{hexadecimal(40)}";\n\t["stored_key"] = "{hexadecimal(40)}";\n}};\n',
    )
    yield "Mumble", "/etc/mumble-server.ini", f"ice=tcp -h 127.0.0.1\nicesecretwrite={word(16)}\n"
    yield (
        "Motion",
        "/etc/motion/motion.conf",
        f"webcontrol_port 8080\nwebcontrol_authentication admin:{word(10)}\n",
    )
    yield "SANE", "/etc/sane.d/saned.users", f"bob:{word(10)}:hpaio\n"
    yield (
        "InspIRCd",
        "/etc/inspircd/inspircd.conf",
        f'<power diepass="{word(12)}" restartpass="{word(12)}">\n',
    )
    yield "collectd", "/etc/collectd/auth_file", f"node1: {word(12)}\n"
    yield "Amanda", "/etc/amandapass", f"//srv/share backup%{word(10)} SITE\n"
    yield (
        "Apache's LDAP",
        "/etc/apache2/conf-available/ldap.conf",
        f'AuthLDAPBindDN "cn=www,dc=b"\nAuthLDAPBindPassword "{word(12)}"\n',
    )
    yield "lighttpd's users", "/etc/lighttpd/plain.user", f"bob:{word(10)}\n"
    yield "Bitcoin's cookie", "/var/lib/bitcoind/.cookie", f"__cookie__:{hexadecimal(64)}"
    yield "SmokePing", "/etc/smokeping/smokeping_secrets", f"slave1:{hexadecimal(20)}\n"
    yield (
        "Netdata",
        "/etc/netdata/stream.conf",
        f"[stream]\n    enabled = yes\n    api key = {uuid()}\n",
    )
    yield (
        "syslog-ng's database",
        "/etc/syslog-ng/conf.d/sql.conf",
        f'destination d_sql {{ sql(type(mysql) username("log") password("{word(12)}")); }};\n',
    )
    yield (
        "Landscape",
        "/etc/landscape/client.conf",
        f"[client]\ncomputer_title = a\nregistration_key = {word(12)}\n",
    )
    yield (
        "IPFS",
        "/var/lib/ipfs/config",
        json.dumps({"Identity": {"PeerID": f"12D3KooW{word(44)}", "PrivKey": b64(68)}}, indent=2),
    )
    yield (
        "OpenArena",
        "/etc/openarena-server/server.cfg",
        f'seta sv_hostname "site"\nset rconPassword "{word(10)}"\n',
    )
