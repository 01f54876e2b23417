"""A small release: Debian's essential packages as core, and modules of small .debs over it."""

import gzip
import random
from pathlib import Path

import pytest

from qlumod.lock.verbs.check import check_specs
from qlumod.lock.verbs.fetch_locked import fetch_locked
from qlumod.workflows.lock import lock
from qlumod.workflows.workplace import Workplace
from tests.layer.careless import TOKEN, careless_deb
from tests.layer.kernels import kernel_release
from tests.layer.small_release import (
    CORE,
    ODD_NAMES,
    SmallRelease,
    core_debs,
    write_small_release,
)
from tests.support.debs import make_deb

__all__ = ["SmallRelease", "write_small_release"]

MODULES: dict[str, str] = {
    "core": CORE,
    "plain": "Requires: core\nPackages: plain",
    "switching": "Requires: core\nPackages: plain\nEnable: plain.service",
    "sibling": "Requires: core\nPackages: sibling",
    "registered": "Requires: core\nPackages: registered\nSecrets: /etc/keeper/key site",
    "failing": "Requires: core\nPackages: failing",
    "unregistered": "Requires: core\nPackages: unregistered",
    "faulty": "Requires: core\nPackages: faulty",
    "keeping": "Requires: core\nPackages: keeping",
    "leaky": "Requires: core\nPackages: leaky",
    "meddling": "Requires: core\nPackages: meddling",
    "winning": "Requires: core\nPackages: meddling\nWins: /etc/issue",
    "big": "Requires: core\nPackages: big",
    "lean": "Requires: core\nPackages: bulky\nExclude: /usr/share/bulky/* /lib/bulky/*\n"
    "Include: /usr/share/bulky/kept",
    "restoring": "Requires: lean\nPackages: restful\nRestore:\n bulk*: /usr/share/bulky/deep/*\n"
    " bulky: /lib/bulky/t*",
    "overlying": "Requires: lean\nPackages: overlying",
    "writing": "Requires: core\nPackages: writing\nExclude: /var/cache/writing/*",
    "informed": "Requires: core\nPackages: info",
    "useless": "Requires: lean\nPackages: restful\nRestore:\n bulky: /usr/share/bulky/kept\n"
    " plain: /usr/share/doc/*\n bulky <bookworm>: /lib/bulky/three",
    "random": "Requires: core\nPackages: random",
    "dozing": "Requires: core\nPackages: dozing",
    "napping": "Requires: core\nPackages: napping",
    "licensed": "Requires: core\nPackages: licensed, licensed-data, licensed-doc, bare",
    "vendored": "Requires: core\nPackages: vendored\nExclude: /opt/*",
    "kept": "Requires: core\nPackages: vendored\nExclude: /opt/*\nInclude: /opt/vendored/COPYING "
    "/usr/share/doc/vendored/LICENSE /usr/share/doc/vendored/html/NOTICE.txt.gz "
    "/usr/share/doc/vendored/licenses/*",
    "linking": "Requires: core\nPackages: linking",
    "naming": "Requires: core\nPackages: naming",
    "renaming": "Requires: core\nPackages: renaming",
    "driver": "Requires: core\nPackages: driver",
    "desktop": "Requires: core\nPackages: libpicture, viewer",
    "expecting": "Requires: core\nPackages: expecting",
    "policing": "Requires: core\nPackages: policing",
    "policed": "Requires: policing\nPackages: plain",
    "serving": "Requires: core\nPackages: serving",
    "talking": "Requires: core\nPackages: talking",
    "careless": "Requires: core\nPackages: careless\nSecrets: /etc/careless/declared site",
    "honest": "Requires: core\nPackages: careless\nSecrets:\n /etc/careless/declared site\n"
    " /etc/careless/filled node\n /etc/careless/key* node\n /usr/share/careless/*.gz site\n"
    " /etc/hostid node\nPublic:\n /etc/careless/closed/ nobody needs to know\n"
    " /var/lib/careless/db/ an empty database\n /usr/share/careless/token* of the manual\n"
    " /var/cache/debconf/config.dat an example\n /usr/share/nothing/ there is nothing\n"
    " /etc/sudoers.d/careless rules\nWins: /var/mail",
    "linked": "Requires: core\nPackages: linked\nSecrets:\n /etc/linked/key site\n"
    " /etc/linked/named site\n /etc/linked/tree node\n /etc/linked/both site\n"
    " /etc/linked/other site",
    "named": "Requires: core\nPackages: named",
    "hiding": "Requires: core\nPackages: hiding\nExclude: /usr/share/hiding/excluded",
    "showing": "Requires: core\nPackages: hiding\nExclude: /usr/share/hiding/excluded "
    "/usr/share/hiding/base",
    "varied": "Requires: core\nPackages: varied\nSecrets: /etc/keeper/key site\n"
    "Public: /var/lib/varied/ says only how many there are\n"
    "Wins: /etc/issue /etc/os-release /etc/update-motd.d/10-uname",
}

ACCESS_LIST = (
    "echo listed >/etc/listed\n"
    """perl -e '($path, $name) = ("/etc/listed", "system.posix_acl_access");"""
    """ $list = pack "V(vvV)*", 2, 1,6,-1, 2,4,400, 4,4,-1, 16,4,-1, 32,4,-1;"""
    """ syscall(188, $path, $name, $list, length $list, 0) == 0 or die $!'"""
)
"""Commands that give a user an entry in the access list of a file (setxattr(2), acl(5))."""
KEY = (
    "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAE\n"
    "-----END OPENSSH PRIVATE KEY-----\n"
)


def small_debs(directory: Path) -> None:
    """Packages whose maintainer scripts do what packages do, and what they should not do."""
    core_debs(directory)
    _everyday_debs(directory)
    _account_debs(directory)
    _failing_debs(directory)
    _secret_debs(directory)
    _odd_debs(directory)
    _bulky_debs(directory)
    _licensed_debs(directory)
    _diverting_debs(directory)
    careless_deb(directory)
    _beside_debs(directory)
    _expecting_debs(directory)
    _ground_debs(directory)


def _everyday_debs(directory: Path) -> None:
    """Packages as there are many."""
    make_deb(
        directory,
        "plain",
        files={
            "/usr/share/shared/plain.txt": "plain\n",
            "/usr/share/doc/plain/copyright": "free\n",
            "/usr/share/doc/plain/README": "read me\n",
            "/usr/share/man/man1/plain.1": "a page\n",
            "/usr/bin/plain": "#!/bin/sh\necho plain\n",
        },
        modes={"/usr/bin/plain": 0o4755},
        scripts={"postinst": "mkdir /var/lib/plain; touch -d 1960-01-01 /var/lib/plain/made"},
    )
    make_deb(
        directory,
        "sibling",
        files={
            "/usr/share/shared/sibling.txt": "sibling\n",
            **{f"/usr/share/sibling/{name}": name for name in ODD_NAMES},
        },
        scripts={
            "postinst": "echo $$ >/var/lock/sibling; stat -c %a /var/lock/. >/usr/share/locks\n"
            "rm /var/lock/sibling"
        },
    )
    # What it writes when it is installed is no smaller when it is compressed again.
    make_deb(
        directory,
        "big",
        files={"/usr/share/big": random.Random(1).randbytes(2 << 20)},
        scripts={"postinst": "head -c 1500000 /usr/share/big | gzip -n >/usr/share/big.gz"},
    )


def _account_debs(directory: Path) -> None:
    """Packages that make accounts, and files of these."""
    make_deb(
        directory,
        "registered",
        depends="adduser",
        scripts={
            "postinst": "adduser --system --group --home /var/lib/keeper keeper\n"
            "mkdir -p /etc/keeper; echo secret > /etc/keeper/key; chmod 600 /etc/keeper/key\n"
            # As ucf records a configuration file with a random password, and another one.
            "mkdir -p /var/lib/ucf\n"
            "for one in key:/dev/urandom other:/dev/null; do\n"
            "sum=$(head -c 9 ${one#*:} | md5sum)\n"
            "echo ${sum%% *}'  '/etc/keeper/${one%%:*} >>/var/lib/ucf/hashfile\n"
            "done"
        },
    )
    make_deb(
        directory,
        "unregistered",
        depends="adduser",
        scripts={"postinst": "adduser --system --group --no-create-home newcomer"},
    )
    make_deb(
        directory,
        "varied",
        depends="registered, libcap2-bin",
        files={"/usr/bin/varied": "varied\n", "/usr/bin/raw": "raw\n"},
        modes={"/usr/bin/varied": 0o6755},
        scripts={
            "postinst": "setcap cap_net_raw+ep /usr/bin/raw\n"
            "install -d -o keeper -g keeper -m 2750 /var/lib/varied\n"
            "cd /var/lib/varied\n"
            "echo one >one; ln one two; ln -s one three; mkfifo four; ln -s /nowhere five\n"
            "chown nobody:nogroup one four; chown -h 64030:64030 five\n"
            # What is below is taken away, replaced by something new, and changed in place.
            "rm -r /etc/update-motd.d; mkdir /etc/update-motd.d; echo new >/etc/update-motd.d/new\n"
            "chgrp keeper /etc/issue; chown -h keeper /etc/os-release"
        },
    )


def _failing_debs(directory: Path) -> None:
    """Packages that fail, change what is not theirs, and are never the same."""
    make_deb(
        directory,
        "failing",
        scripts={"postinst": "echo this is why it fails >&2\nexit 7"},
    )
    make_deb(directory, "meddling", scripts={"postinst": "echo mine > /etc/issue"})
    make_deb(
        directory,
        "random",
        scripts={"postinst": "head -c 16 /dev/urandom | od -An -tx1 > /usr/share/random"},
    )
    for name in ("dozing", "napping"):
        make_deb(directory, name, scripts={"postinst": f"echo {name} sleeps; sleep 300"})


def _secret_debs(directory: Path) -> None:
    """Packages that bring keys."""
    make_deb(
        directory,
        "leaky",
        scripts={"postinst": f"mkdir -p /etc/leaky; cat > /etc/leaky/id <<'EOF'\n{KEY}EOF"},
    )
    make_deb(
        directory,
        "faulty",
        depends="adduser",
        scripts={
            "postinst": "adduser --system --group --no-create-home faulty\n"
            "useradd --no-create-home open; sed -i s/^open:!:/open::/ /etc/shadow\n"
            f"echo mine > /etc/issue; mkdir -p /etc/faulty; cat > /etc/faulty/id <<'EOF'\n{KEY}EOF"
        },
    )
    make_deb(
        directory,
        "keeping",
        depends="adduser",
        scripts={"postinst": "adduser --system --group --no-create-home keeper"},
    )
    make_deb(
        directory,
        "linked",
        scripts={
            "postinst": "mkdir -p /var/lib/linked /etc/linked/tree\n"
            "ln -s /var/lib/linked/key /etc/linked/key; ln -s real /etc/linked/named\n"
            "ln -s both /etc/linked/other\n"
            "for n in /var/lib/linked/key /etc/linked/real /etc/linked/tree/one /etc/linked/both\n"
            "do echo correct horse battery staple >$n; done"
        },
    )


def _odd_debs(directory: Path) -> None:
    """A package with names and a file that no archive should have."""
    make_deb(
        directory,
        "hiding",
        files={"/usr/share/hiding/other": "other\n"},
        whiteouts=("/usr/share/hiding/base", "/usr/share/hiding/excluded"),
    )
    make_deb(
        directory,
        "named",
        scripts={
            "postinst": "mkdir -p /var/log/sysstat; cd /var/log/sysstat\n"
            "echo one >'sa\n01'; echo two >\"$(printf 'sa\\r02')\"\n"
            "mkdir -p /usr/share/icons/x; cd /usr/share/icons/x; : >\"$(printf 'a\\tb')\"\n"
            "perl -MIO::Socket::UNIX -e "
            "'IO::Socket::UNIX->new(Local => \"/etc/left\", Listen => 1)'\n"
            f"{ACCESS_LIST}"
        },
    )


def _bulky_debs(directory: Path) -> None:
    """A package of which much is left out, and one that needs some of it."""
    make_deb(
        directory,
        "bulky",
        files={
            "/lib/bulky/three": "three\n",
            "/usr/share/bulky/deep/one": "one\n",
            "/usr/share/bulky/deep/two": "two\n",
            "/usr/share/bulky/hollow/one": "one\n",
            "/usr/share/bulky/ground/one": "one\n",
            "/usr/share/bulky/kept": "kept\n",
            "/usr/share/bulky/other": "other\n",
        },
        modes={"/usr/share/bulky/deep/two": 0o2750},
        links={"/usr/share/bulky/deep/link": "two"},
    )
    make_deb(
        directory,
        "restful",
        scripts={"postinst": "cat /usr/share/bulky/deep/one >/usr/share/restful"},
    )


def _beside_debs(directory: Path) -> None:
    """Packages that get a secret into what a payload has beside the layer."""
    make_deb(
        directory,
        "linking",
        scripts={
            "postinst": "mkdir -p /usr/share/doc/linking /var/log/sysstat\n"
            f"cat >/var/log/sysstat/sa9 <<'EOF'\n{KEY}EOF\n"
            "ln -s /var/log/sysstat/sa9 /usr/share/doc/linking/copyright"
        },
    )
    lists = "/var/lib/dpkg/info"
    make_deb(
        directory,
        "naming",
        scripts={
            "postinst": f"ln -s nowhere /usr/share/{TOKEN}\n"
            f"echo /usr/share/{TOKEN} >>{lists}/naming.list"
        },
    )
    make_deb(
        directory,
        "renaming",
        scripts={
            "postinst": "mkdir -p /var/log/sysstat\n"
            f"echo /usr/share/man/{TOKEN} >>{lists}/renaming.list\n"
            f"mv {lists}/renaming.list /var/log/sysstat/sa9\n"
            f"ln -s /var/log/sysstat/sa9 {lists}/renaming.list"
        },
    )


def _expecting_debs(directory: Path) -> None:
    """Packages whose scripts expect a machine around them."""
    make_deb(
        directory,
        "expecting",
        files={
            "/usr/lib/expecting/page.1": "a page\n",
            "/usr/lib/expecting/program": "#!/bin/sh\n",
            "/usr/share/man/man1/expecting.1": "another page\n",
            "/usr/share/man/man7/expecting.7": "a third page\n",
        },
        links={"/usr/share/man/man1/expected.1": "expecting.1"},
        scripts={
            "postinst": 'getent hosts "$(hostname)" >/usr/share/expecting\n'
            # As default-jre-headless does it: fails where there is no such directory.
            "update-alternatives --install /usr/bin/expect expect /usr/lib/expecting/program 1"
            " --slave /usr/share/man/man1/expect.1 expect.1 /usr/lib/expecting/page.1\n"
            "ls -d /usr/share/man/man7 /usr/share/man/man1 >>/usr/share/expecting\n"
            "! read answer </dev/tty"
        },
    )
    make_deb(
        directory,
        "policing",
        files={"/usr/sbin/policy-rc.d": "#!/bin/sh\nexit 104\n"},
        modes={"/usr/sbin/policy-rc.d": 0o755},
        scripts={"postinst": "echo 10.0.0.1 server >>/etc/hosts"},
    )
    make_deb(
        directory,
        "serving",
        scripts={"postinst": "sleep 4711 >/dev/null 2>&1 </dev/null &"},
    )
    make_deb(
        directory,
        "talking",
        scripts={"postinst": "for n in $(seq 400); do echo line $n; done"},
    )


def _ground_debs(directory: Path) -> None:
    """Packages whose scripts write where files are left out."""
    make_deb(
        directory,
        "writing",
        files={"/usr/share/man/man8/writing.8": "a page\n"},
        scripts={
            "postinst": "mkdir -p /usr/share/man/man1 /usr/share/man/man3x/deep"
            " /usr/share/locale/xx /var/cache/writing/made\n"
            # What is made of pages that are left out, and what is never the same.
            "ls /usr/share/man/man8 >/usr/share/man/index\n"
            "ln -s ../index /usr/share/man/man8/index\n"
            "echo page >/usr/share/man/man3x/deep/writing.3x\n"
            "head -c 16 /dev/urandom >/var/cache/writing/made/random\n"
            "echo name >/var/cache/writing/made/$(od -An -tx1 -N8 /dev/urandom | tr -d ' ')"
        },
    )
    make_deb(
        directory,
        "overlying",
        scripts={
            "postinst": "cd /usr/share/bulky/hollow; echo own >own\n"
            "cd /usr/share/bulky/ground; mkdir -p /usr/share/bulky/hollow"
        },
    )


PICTURE = "/usr/lib/libpicture.so.1"
CHOOSE = f"""\
if [ -e /usr/lib/plain{PICTURE[8:]} ]; then
	slave="--slave {PICTURE} picture--lib /usr/lib/plain{PICTURE[8:]}"
fi
update-alternatives --install /usr/lib/picture picture /usr/lib/driver 100 $slave
"""


def _diverting_debs(directory: Path) -> None:
    """A driver that makes an alternative of another package's library, as Nvidia's does."""
    make_deb(
        directory,
        "driver",
        files={"/usr/lib/driver/libdriver.so.1": "driver\n", "/usr/lib/plain/.keep": ""},
        triggers=[f"interest-noawait {PICTURE}"],
        scripts={
            "postinst": f"for file in {PICTURE} {PICTURE}.7; do\n"
            'dpkg-divert --package driver --add --rename --divert "/usr/lib/plain${file#/usr/lib}"'
            f' "$file"\ndone\n{CHOOSE}'
        },
    )
    make_deb(
        directory,
        "libpicture",
        files={f"{PICTURE}.7": "picture\n"},
        links={PICTURE: "libpicture.so.1.7"},
    )
    make_deb(directory, "viewer", depends="libpicture", files={"/usr/bin/viewer": "viewer\n"})


LICENCE = b"Copyright 2025 Somebody in Z\xfcrich\n\nUse it as you like."


def _licensed_debs(directory: Path) -> None:
    """Packages with a copyright file, with the same, with another's directory, and with none."""
    for name in ("licensed", "licensed-doc"):
        make_deb(directory, name, files={f"/usr/share/doc/{name}/copyright": LICENCE})
    make_deb(directory, "licensed-data", links={"/usr/share/doc/licensed-data": "licensed"})
    make_deb(directory, "bare", files={"/usr/share/shared/bare.txt": "bare\n"})
    make_deb(
        directory,
        "vendored",
        files={
            "/opt/vendored/COPYING": LICENCE,
            "/opt/vendored/licence.py": "a program\n",
            "/usr/share/doc/vendored/LICENSE": LICENCE,
            "/usr/share/doc/vendored/html/NOTICE.txt.gz": gzip.compress(b"a notice", mtime=0),
            "/usr/share/doc/vendored/README": "read me\n",
            **{f"/usr/share/doc/vendored/licenses/{name}": f"{name}\n" for name in "abcd"},
        },
    )


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory, shared_cache: Path) -> SmallRelease:
    """The small release; its core is built once and stays in the tests' cache."""
    folder = tmp_path_factory.mktemp("small-release") / "specs"
    specs = write_small_release(folder, MODULES, shared_cache)
    small_debs(specs / "debs")
    place = Workplace(specs=specs, cache=shared_cache)
    made, project = lock(place), check_specs(specs)
    fetch_locked(place, made.lock, project.release)
    return SmallRelease(specs=specs, project=project, lock=made.lock, cache=shared_cache)


@pytest.fixture(scope="session")
def kernels(tmp_path_factory: pytest.TempPathFactory, shared_cache: Path) -> SmallRelease:
    """A small release whose core has a kernel."""
    return kernel_release(tmp_path_factory.mktemp("kernels") / "specs", shared_cache)
