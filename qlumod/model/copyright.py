"""The collected copyright file of a module: the texts of all its packages, verbatim."""

from collections.abc import Iterator, Mapping, Sequence

from qlumod.model.contents import package_lines
from qlumod.model.digests import digest_bytes
from qlumod.model.document import written
from qlumod.model.lock import Lock, LockedPackage
from qlumod.model.names import ModuleName, PackageName

Texts = Mapping[PackageName, bytes]
"""The copyright file of each package that has one."""
Licences = Mapping[PackageName, Mapping[str, bytes]]
"""The licence texts of packages that have no copyright file, by their paths."""

ABOUT = """\
The copyright files of all packages of this image module, word for word and each once. A stanza
before each says which packages it is of, and which bytes are theirs: as many as Size says, after
the empty line. Licences that they name as files below /usr/share/common-licenses are on every
Debian system."""
RULE = b"#" * 78 + b"\n"
"""A comment line that shows people where the next text begins."""


def collected(
    lock: Lock, module: ModuleName, texts: Texts, licences: Licences | None = None
) -> bytes:
    """The copyright file of a module's package."""
    packages = lock.of(module)
    stanzas = (
        _head(lock, module, packages, texts),
        *_bodies(packages, texts),
        *_further(packages, licences or {}),
    )
    return (b"\n" + RULE).join(stanzas)


def _head(lock: Lock, module: ModuleName, packages: Sequence[LockedPackage], texts: Texts) -> bytes:
    return written(
        (
            ("Format", "1"),
            ("Module", module),
            ("Version", lock.version),
            ("Flavor", lock.flavor),
            ("Architecture", lock.architecture),
            ("Packages", str(len(packages))),
            ("Restricted", tuple(f"{p.package} {p.section}" for p in packages if p.section)),
            ("Without-Copyright", tuple(p.package for p in packages if p.package not in texts)),
            ("Comment", ABOUT),
        )
    ).encode()


def _bodies(packages: Sequence[LockedPackage], texts: Texts) -> Iterator[bytes]:
    """Each text once, with its packages; in the order of the first package."""
    of: dict[bytes, list[LockedPackage]] = {}
    for package in packages:
        if package.package in texts:
            of.setdefault(texts[package.package], []).append(package)
    for text, sharing in of.items():
        yield _body(sharing, text)


def _further(packages: Sequence[LockedPackage], licences: Licences) -> Iterator[bytes]:
    """Each licence text once, with its packages and paths; in the order of the first package."""
    of: dict[bytes, tuple[list[LockedPackage], list[str]]] = {}
    for package in packages:
        for path, text in sorted(licences.get(package.package, {}).items()):
            sharing, paths = of.setdefault(text, ([], []))
            sharing += () if package in sharing else (package,)
            paths.append(path)
    for text, (sharing, paths) in of.items():
        yield _body(sharing, text, paths)


def _body(packages: Sequence[LockedPackage], text: bytes, paths: Sequence[str] = ()) -> bytes:
    end = b"" if text.endswith(b"\n") else b"\n"
    return _stanza(packages, text, paths) + b"\n" + text + end


def _stanza(packages: Sequence[LockedPackage], text: bytes, paths: Sequence[str]) -> bytes:
    lines = package_lines(packages)
    return written(
        (
            ("Packages", tuple(f"{line.package} {line.version}" for line in lines)),
            ("Sources", tuple(sorted({line.whole_source for line in lines}))),
            ("Files", tuple(paths)),
            ("SHA256", digest_bytes(text)),
            ("Size", str(len(text))),
        )
    ).encode()
