"""A package that leaves secrets behind, of which nobody has said what they are."""

import tempfile
from pathlib import Path

from qlumod.system.processes.command import command
from qlumod.system.processes.run import capture
from tests.support.debs import make_deb

TOKEN = "gh" + "p_0123456789abcdefghijABCDEFGHIJ456789"
_SCRIPT = f"""\
turned() {{ echo "$1" | tr a-z n-za-m; }}
cd /etc/careless
cat key >filled; chmod 600 filled
cat example.pem >copy.pem; chmod 600 copy.pem
echo '# comments only' >comments; chmod 600 comments
mkdir -m 0700 closed; turned 'a word' >closed/open
echo 'words of this script' >said; chmod 600 said
echo 'the password of all nodes' >declared
gzip -n <declared >/usr/share/careless/backup.gz
printf '\\001\\002\\003\\004' >/etc/hostid
mkdir -p /var/lib/careless/db /etc/sudoers.d
for n in $(seq 10 39); do turned "table $n" >/var/lib/careless/db/$n; done
chmod 600 /var/lib/careless/db/*
turned '%vendor ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/careless
chmod 440 /etc/sudoers.d/careless
echo 'token = {TOKEN}' >/usr/share/careless/token.conf
ln -s {TOKEN} /usr/share/careless/token-link
chmod 3777 /var/mail
echo 'careless careless/admin-password string Tr0ub4dor&3x' | debconf-set-selections
"""


def careless_deb(directory: Path) -> None:
    """The package; its keys are made anew each time."""
    key, certificate = _pair()
    example, _ = _pair()
    make_deb(
        directory,
        "careless",
        files={
            "/etc/careless/filled": "# a password may stand here\n",
            "/etc/careless/asked": "only for those who may\n",
            "/etc/careless/example.pem": example,
            "/usr/share/careless/README": "Take care.\n",
        },
        modes={"/etc/careless/asked": 0o600},
        conffiles=["/etc/careless/filled", "/etc/careless/asked"],
        scripts={
            "postinst": f"cat >/etc/careless/key <<'EOF'\n{key}EOF\n"
            f"cat >/etc/careless/key.crt <<'EOF'\n{certificate}EOF\n{_SCRIPT}"
        },
    )


def _pair() -> tuple[str, str]:
    """A private key and its certificate."""
    with tempfile.TemporaryDirectory() as place:
        key, certificate = Path(place, "key"), Path(place, "crt")
        capture(
            command(
                "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=node", "-days", "9",
                "-keyout", key, "-out", certificate,
            )
        )  # fmt: skip
        return key.read_text(), certificate.read_text()
