"""The pseudo file that unsquashfs writes of an image; what it has depends on the version."""

from io import BytesIO

from qlumod.system.disk.squashfs_listing import read_listing

PING = b"""\
/ D 0 755 0 0
usr D 0 755 0 0
usr/ping R 7 755 0 0 3 0 0
usr/ping x security.capability=0sAQAAAgAgAAAAAAAAAAAAAAAAAAA=
usr/pong L usr/ping
# START OF DATA - DO NOT MODIFY
#
abc"""


def test_extended_attributes_are_no_paths() -> None:
    """As squashfs-tools of Debian 13 write them, 4.6 and later."""
    found = read_listing(BytesIO(PING))
    assert list(found) == ["/", "/usr", "/usr/ping", "/usr/pong"]
    assert (found["/usr/ping"].size, found["/usr/ping"].mtime) == (3, 7)
    assert found["/usr/pong"].digest == found["/usr/ping"].digest
