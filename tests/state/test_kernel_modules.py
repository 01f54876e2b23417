"""Kernel modules among paths: their names, and what they need of each other."""

import pytest

from qlumod.state.kernel_modules import kernel_module_name, lacking


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("kernel/sound/core/snd-pcm.ko", "snd_pcm"),
        ("/usr/lib/modules/6.12/kernel/drivers/gpu/drm/drm.ko.xz", "drm"),
        ("i2c-algo-bit", "i2c_algo_bit"),
    ],
)
def test_a_module_has_the_name_that_the_kernel_gives_it(path: str, name: str) -> None:
    assert kernel_module_name(path) == name


def test_a_module_lacks_what_is_neither_there_nor_built_in() -> None:
    needs = {
        "kernel/a.ko": [""],
        "kernel/b-c.ko.xz": ["a", "built-in"],
        "kernel/d.ko": ["b_c", "drm", "snd-pcm"],
    }
    there = ("a", "b_c", "d", "kernel/x/built_in.ko")
    assert lacking(needs, there) == {"kernel/d.ko": ("drm", "snd_pcm")}


def test_a_module_may_have_another_name_than_its_file() -> None:
    """As Debian's nvidia-current.ko, which is the module nvidia."""
    needs = {"nvidia-current.ko": [""], "nvidia-current-modeset.ko": ["nvidia"]}
    assert lacking(needs, ("nvidia", "nvidia_modeset")) == {}
