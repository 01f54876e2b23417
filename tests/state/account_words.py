"""The words of the tests of accounts: a base, a table, and what somebody added to it."""

from qlumod.model.accounts import Accounts, Group, User
from qlumod.state.account_files import PASSWD, SHADOW
from qlumod.state.account_seed import seed
from tests.state.files import files, text

BASE = files(
    etc__passwd="root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534:nobody:/:/nologin\n",
    etc__shadow="root:*:20000:0:99999:7:::\nnobody:*:20000:0:99999:7:::\n",
    etc__group="root:x:0:\nadm:x:4:\nusers:x:100:\nnogroup:x:65534:\n",
    etc__gshadow="root:*::\nadm:*::\nusers:*::\nnogroup:*::\n",
)


def munge(uid=410):
    return User(
        name="munge", uid=uid, group="munge", gecos="", home="/nonexistent", home_mode=None,
        shell="/usr/sbin/nologin", packages=("munge",), flavors=(),
    )  # fmt: skip


def table(*users, groups=()):
    return Accounts(users=users, groups=groups, text="", digest="")


MUNGE = table(munge(), groups=(Group(name="munge", gid=410, packages=("munge",), flavors=()),))
EPOCH = 20717 * 86400 + 5


def with_line(found, path, line):
    return {**found, path: files(x=f"{text(found, path)}{line}\n")["/x"]}


def seeded(found=BASE, accounts=MUNGE):
    return {**found, **seed(found, accounts, EPOCH)}


def user(name, uid, below=BASE, home="/"):
    above = with_line(below, PASSWD, f"{name}:x:{uid}:65534::{home}:/nologin")
    return with_line(above, SHADOW, f"{name}:!:20717::::::")
