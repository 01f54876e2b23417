"""Modules for another kernel are told before a stack is put together."""

from qlumod.model.manifest import KERNEL, PayloadFile
from qlumod.model.names import Digest
from qlumod.stack.kernel import other_kernels
from tests.stack.test_meeting import member

IMAGE = PayloadFile(path=KERNEL, sha256=Digest("a" * 64), size=1)


def test_a_module_for_another_kernel_is_told_with_both(tmp_path):
    core = member(tmp_path, "core", requires=(), kernel="6.1.0-56-amd64", files=(IMAGE,))
    nvidia = member(tmp_path, "nvidia", kernel="6.1.0-50-amd64")
    beegfs = member(tmp_path, "beegfs", kernel="6.1.0-56-amd64")
    slurm = member(tmp_path, "slurm")
    assert list(other_kernels([core, beegfs, slurm])) == []
    assert list(map(str, other_kernels([core, beegfs, nvidia, slurm]))) == [
        "module nvidia is made for the kernel 6.1.0-50-amd64, core brings 6.1.0-56-amd64\n"
        "To mend it: take a nvidia that was built over this core"
    ]


def test_a_stack_without_a_kernel_has_none_to_fit(tmp_path):
    core = member(tmp_path, "core", requires=())
    assert list(other_kernels([core, member(tmp_path, "nvidia", kernel="6.1")])) == []
