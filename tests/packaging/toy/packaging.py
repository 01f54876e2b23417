"""A packaging as small as the seam allows: whatever goes through it knows nothing of .debs."""

from qlumod.model.names import PackagingName
from qlumod.packaging.interfaces import Packaging
from qlumod.state.accounts import ACCOUNTS
from qlumod.state.state_table import StateTable
from tests.packaging.toy.world import toy_archives, toy_tools

TOY = Packaging(
    name=PackagingName("toy"),
    place="tests.packaging.toy.packaging:TOY",
    archives=toy_archives,
    tools=toy_tools,
    state=StateTable(names=ACCOUNTS, others=(), caches=(), fixed=(), dropped=()),
)
