"""A packaging as small as the seam allows: whatever goes through it knows nothing of .debs."""

from qlumod.model.names import PackagingName
from qlumod.packaging.interfaces import Packaging
from tests.packaging.toy.initrd import TOY_INITRDS
from tests.packaging.toy.installer import ToyDatabase, ToyInstaller, ToyReference
from tests.packaging.toy.permits import TOY_PERMITS
from tests.packaging.toy.state import TOY_STATE
from tests.packaging.toy.world import toy_archives, toy_tools

PLACE = "tests.packaging.toy.packaging:TOY"
TOY = Packaging(
    name=PackagingName("toy"),
    archives=toy_archives,
    tools=toy_tools,
    installer=ToyInstaller(),
    database=ToyDatabase(),
    reference=ToyReference(),
    state=TOY_STATE,
    initrd=TOY_INITRDS,
    permits=TOY_PERMITS,
)
