"""What is expected to differ between the two small roots."""

from hashlib import sha256

from qlumod.model.accounts import Accounts, Group, User
from qlumod.model.names import Digest
from qlumod.proof.permitted import Expectations
from tests.proof.small import IDS_OF_STACK, LEFT_OUT


def expectations(**changes: object) -> Expectations:
    """What the small stack's modules say of themselves."""
    values: dict[str, object] = {
        "left_out": frozenset(LEFT_OUT),
        "excludes": ("/usr/share/doc/*", "/usr/share/man/*", "/lib/modules/*/snd-*"),
        "includes": ("/usr/share/doc/*/copyright",),
        "secrets": ("/etc/munge/munge.key",),
        "kernel": "6.1.0",
        "beside": {
            "/boot/vmlinuz-6.1.0": sha256(b"kernel").hexdigest(),
            "/boot/initrd.img-6.1.0": sha256(b"initrd").hexdigest(),
        },
        "accounts": Accounts(
            users=(_user("munge"), _user("sshd")),
            groups=(_group("munge", "munge_group"), _group("_ssh", "ssh_group")),
            text="",
            digest=Digest(""),
        ),
        **changes,
    }
    return Expectations(**values)  # type: ignore[arg-type]


def _user(name: str) -> User:
    return User(
        name=name, uid=IDS_OF_STACK[name], group=name, gecos="", home="/nonexistent",
        home_mode=None, shell="/usr/sbin/nologin", packages=(), flavors=(),
    )  # fmt: skip


def _group(name: str, key: str) -> Group:
    return Group(name=name, gid=IDS_OF_STACK[key], packages=(), flavors=())
