"""The functions that stand in for those of mkinitramfs, where these are known."""

from qlumod.packaging.debian.fewer_starts import with_fewer_starts, without_modules


def test_functions_of_another_version_stay_as_they_are() -> None:
    for functions in (b"", b"copy_file()\n{\n\t:\n}\n"):
        assert with_fewer_starts(functions) is None
        assert without_modules(functions) is None
