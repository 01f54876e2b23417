"""A packaging as small as the seam allows: whatever goes through it knows nothing of .debs."""

from qlumod.model.names import PackagingName
from qlumod.packaging.answers import NO_ANSWERS
from qlumod.packaging.interfaces import Packaging
from qlumod.packaging.meeting import silent
from tests.packaging.toy.initrd import TOY_INITRDS
from tests.packaging.toy.installer import ToyDatabase, ToyInstaller, ToyReference
from tests.packaging.toy.permits import TOY_PERMITS
from tests.packaging.toy.state import TOY_STATE
from tests.packaging.toy.world import toy_archives, toy_tools

PLACE = "tests.packaging.toy.packaging:TOY"


class _Toy:
    name = PackagingName("toy")
    archives = staticmethod(toy_archives)
    tools = staticmethod(toy_tools)
    installer = ToyInstaller()
    database = ToyDatabase()
    reference = ToyReference()
    state = TOY_STATE
    meet = staticmethod(silent)
    answers = NO_ANSWERS
    initrd = TOY_INITRDS
    permits = TOY_PERMITS


TOY: Packaging = _Toy()
