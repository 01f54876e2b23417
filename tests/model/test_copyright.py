"""The collected copyright file holds each text word for word, and a program can take it apart."""

from collections.abc import Iterator
from dataclasses import replace

from debian.deb822 import Deb822

from qlumod.model.copyright import collected
from qlumod.model.digests import digest_bytes
from qlumod.model.names import ModuleName, PackageName
from tests.package.small import lock

SLURM = ModuleName("slurm")
MUNGE, CLIENT, DAEMON = map(PackageName, ("munge", "slurm-client", "slurmd"))


def taken_apart(data: bytes) -> Iterator[tuple[Deb822, bytes]]:
    """Each stanza with the text behind it: the first one has none."""
    while data:
        head, _, rest = data.partition(b"\n\n")
        stanza = Deb822(head)
        size = int(stanza.get("Size", "0"))
        yield stanza, rest[:size]
        data = rest[size:].lstrip(b"\n")


def test_each_text_stands_once_byte_for_byte_with_all_the_packages_that_share_it() -> None:
    shared, own = b"Slurm\n\n .\n\nFormat: odd \xff\r\n", b"Munge, no end of line"
    texts = {CLIENT: shared, DAEMON: shared, MUNGE: own}
    (_, *parts) = taken_apart(collected(lock(), SLURM, texts))
    assert [
        (stanza["Packages"].split("\n"), stanza["Sources"].split("\n"), stanza["SHA256"], text)
        for stanza, text in parts
    ] == [
        (["", " munge 0.5.15-2"], ["", " munge (0.5.15-2)"], digest_bytes(own), own),
        (
            ["", " slurm-client 22.05.8-4+deb12u3", " slurmd 22.05.8-4+deb12u3"],
            ["", " slurm-wlm (22.05.8-4+deb12u3)"],
            digest_bytes(shared),
            shared,
        ),
    ]


def test_the_head_names_what_is_restricted_and_what_has_no_copyright_file() -> None:
    known = lock()
    packages = tuple(
        replace(package, section="non-free/net") if package.package == MUNGE else package
        for package in known.packages
    )
    data = collected(replace(known, packages=packages), SLURM, {MUNGE: b"x\n", DAEMON: b"y\n"})
    head = next(taken_apart(data))[0]
    comment = head.pop("Comment")
    assert "/usr/share/common-licenses" in comment
    assert dict(head) == {
        "Format": "1",
        "Module": "slurm",
        "Version": "14.0.0",
        "Flavor": "bookworm",
        "Architecture": "amd64",
        "Packages": "3",
        "Restricted": "\n munge non-free/net",
        "Without-Copyright": "\n slurm-client",
    }


def test_the_same_texts_give_the_same_bytes_in_whatever_order_they_were_found() -> None:
    texts = {MUNGE: b"x\n", CLIENT: b"y\n", DAEMON: b"x\n"}
    backwards = dict(reversed(texts.items()))
    assert collected(lock(), SLURM, texts) == collected(lock(), SLURM, backwards)


def test_a_module_without_any_copyright_file_says_so_of_each_package() -> None:
    (only,) = taken_apart(collected(lock(), SLURM, {}))
    assert only[0]["Without-Copyright"].split() == [MUNGE, CLIENT, DAEMON]
