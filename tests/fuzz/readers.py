"""Every reader of what somebody else wrote, and documents that it takes, as seeds of others."""

import io
import json
import lzma
import os
import tempfile
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import zstandard

from qlumod.cli.settings import reading as configuration
from qlumod.cli.settings import values as kinds
from qlumod.events import ignore
from qlumod.head.known_digests import remembered_digests
from qlumod.layer.inputs import parse_inputs
from qlumod.model.accounts_file import parse_accounts
from qlumod.model.address import address
from qlumod.model.apt_offers import module_offers
from qlumod.model.boot_arguments import kernel_arguments
from qlumod.model.build_option import parse_build_option
from qlumod.model.build_run import parse_run
from qlumod.model.contents import parse_contents, parse_packages
from qlumod.model.contents_search import packages_in_list, path_in_contents
from qlumod.model.cpio import CpioMember, archive, unpacked_initrd
from qlumod.model.definition_edit import ImageChange, changed_image, edited_text
from qlumod.model.difference import Aspect, Difference
from qlumod.model.digests import digest_bytes
from qlumod.model.document import decoded
from qlumod.model.held import read_held
from qlumod.model.history import parse_history
from qlumod.model.image import parse_image, parse_stack
from qlumod.model.lock_file import parse_lock
from qlumod.model.manifest import parse_manifest
from qlumod.model.module_file import parse_spec
from qlumod.model.names import ModuleName, ModulePackage, ReleaseVersion, digest
from qlumod.model.packed import gzipped, unpacked_lines, zstd_frame
from qlumod.model.proof import parse_proof
from qlumod.model.public import parse_public
from qlumod.model.registry import parse_registry
from qlumod.model.relation import parse_relation
from qlumod.model.release import Compression, parse_release
from qlumod.model.secret import parse_secret
from qlumod.model.stanzas import date_seconds, normalised, one_stanza, read_stanzas, signed_stanza
from qlumod.model.tree import TreeEntry
from qlumod.package import before
from qlumod.package.overrides import of_copyright
from qlumod.package.published_module import read_inputs_of, read_payload
from qlumod.packaging.debian.answers import secret_answers
from qlumod.packaging.debian.architectures import package_architecture
from qlumod.packaging.debian.control_file import checked_control
from qlumod.packaging.debian.deb import Deb, tar_xz_files
from qlumod.packaging.debian.state.alternatives import parse_group
from qlumod.packaging.debian.state.diverted import unseen_diversions
from qlumod.packaging.debian.state.state_table import STATE_TABLE
from qlumod.packaging.debian.state.triggers import interests
from qlumod.proof.checked import Checked, Way, checked_text, parse_checked, refused
from qlumod.proof.module_index import MODULE_INDEXES
from qlumod.proof.scanned_tree import ScannedTree, dumped, loaded
from qlumod.repository.format.index_entries import IndexEntry, read_packages, read_sources
from qlumod.repository.format.indexes import PACKAGES as PACKAGES_INDEX
from qlumod.repository.format.indexes import read_index
from qlumod.repository.format.layout import Layout
from qlumod.repository.format.retired_names import parse_remembered
from qlumod.repository.format.settings import parse_settings
from qlumod.repository.format.snapshots import read_snapshot
from qlumod.repository.index.chunks import Chunks
from qlumod.repository.publishing.incoming import read_incoming
from qlumod.repository.publishing.stand_in import Inside, foreign_architectures, stand_ins
from qlumod.repository.rules.relations import NEEDS, alternatives
from qlumod.repository.sets.proofs import parse_known
from qlumod.repository.sets.set_documents import read_lines, read_set
from qlumod.secrets.look import look
from qlumod.stack.payload import Payload
from qlumod.state.account_ids import ids_in_fragment, services_of
from qlumod.state.fragment import fields, write_fragment
from qlumod.state.kind import Kind, StateFile
from qlumod.system.disk.regular_files import Sum
from qlumod.system.disk.squashfs_listing import read_listing
from qlumod.system.disk.squashfs_sizes import stored_sizes
from qlumod.system.disk.unpacking import unpacked_sum
from qlumod.system.keys.gpg import dearmoured, unchecked_text
from tests.head.head_node import payload_files
from tests.model.test_formats import EXAMPLES
from tests.model.test_proof import ALL, KNOWN, ONE
from tests.state.test_alternatives import AWK
from tests.support.documents import CORE, RELEASE, SLURM, release
from tests.support.keystore import MAIL, TLS, keystore
from tests.support.raw_debs import CONTROL, deb, member, tar


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """One reader: bytes, as somebody may have written them, become a value or a `QlumodError`."""

    name: str
    """Module and function, below ``qlumod``."""
    read: Callable[[bytes], object]
    seeds: tuple[bytes, ...]
    """Documents that it takes."""


def _text(name: str, parse: Callable[[str, str], object], *seeds: str) -> Reader:
    """A reader of a document: a text, and the path of its file."""
    path = "slurm.module"
    return Reader(
        name=name,
        read=lambda data: parse(decoded(data, path), path),
        seeds=tuple(seed.replace("→", "\t").encode() for seed in seeds),
    )


def _edited(text: str, path: str) -> str:
    """A definition as `image edit` changes it: what it then says is what was wanted."""
    change = ImageChange(add=[ModuleName("ha")], version="15", enable=["x.service"])
    wanted = changed_image(parse_image(text, path), change)
    edited = edited_text(text, path, wanted)
    assert parse_image(edited, path) == wanted
    return edited


def _word(name: str, parse: Callable[[str], object], *seeds: str) -> Reader:
    """A reader of one word or line."""
    return _text(name, lambda text, _: parse(text), *seeds)


def _file(name: str, read: Callable[[Path], object], *seeds: bytes, file: str = "file") -> Reader:
    """A reader of a file by its path."""

    def of_bytes(data: bytes) -> object:
        with tempfile.TemporaryDirectory() as place:
            path = Path(place, file)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            return read(path)

    return Reader(name=name, read=of_bytes, seeds=seeds)


def _packed(text: str) -> bytes:
    return gzipped([text.replace("→", "\t").encode()], level=1)


E = EXAMPLES
OFFER = """\
Package: qlustar-module-slurm-bookworm-amd64-14.0.0
Version: 14.0.0-1
Installed-Size: 2048
Depends: qlumod-head (>= 0.1~), qlustar-module-core-bookworm-amd64-14.0.0 (>= 14.0.0-1)
Size: 12345
Description: Slurm image module (bookworm amd64 14.0.0)
 The workload manager.

Package: qlustar-module-slurm
Version: 14.0.0-1
Depends: qlustar-module-slurm-bookworm-amd64-14.0.0 (= 14.0.0-1) | other
"""
A = "a" * 64
LOCKS = (E["14.0.0-bookworm-amd64.lock"], E["kernel-modules.lock"])

MODEL = (
    _text("model.lock_file.parse_lock", parse_lock, *LOCKS),
    _text("model.manifest.parse_manifest", parse_manifest, E["manifest"]),
    _text("model.accounts_file.parse_accounts", parse_accounts, E["accounts"]),
    _text("model.release.parse_release", parse_release, E["release"], RELEASE),
    _text(
        "model.module_file.parse_spec",
        lambda text, path: parse_spec(text, path, release()),
        E["slurm.module"],
    ),
    _text("model.history.parse_history", parse_history, E["history"]),
    _text("model.image.parse_image", parse_image, E["compute.image"]),
    _text("model.image.parse_stack", parse_stack, E["stack"]),
    _text("model.registry.parse_registry", parse_registry, E["registry"]),
    _text("model.contents.parse_contents", parse_contents, E["slurm.contents"]),
    _text("model.contents.parse_packages", parse_packages, E["slurm.packages.version"]),
    _text(
        "model.contents_search.path_in_contents",
        lambda text, path: path_in_contents(os.fsencode(text), "/usr/bin/a", path),
        E["slurm.contents"],
    ),
    _text(
        "model.contents_search.packages_in_list",
        lambda text, path: packages_in_list(os.fsencode(text), "munge", path),
        E["slurm.packages.version"],
    ),
    _word("model.relation.parse_relation", parse_relation, "slurmd (>= 22.05) <bookworm>", "munge"),
    _word(
        "model.build_option.parse_build_option",
        parse_build_option,
        "x-dkms <bookworm>: NAME=a b",
        "x-dkms: --directive=NAME=value",
    ),
    _word("model.secret.parse_secret", parse_secret, "/etc/munge/munge.key site"),
    _word("model.public.parse_public", parse_public, "/var/lib/mysql/ an empty database"),
    _word("model.boot_arguments.kernel_arguments", kernel_arguments, 'console=ttyS0 x="a b"'),
    _text("model.definition_edit.edited_text", _edited, E["compute.image"]),
    _word("model.names.ReleaseVersion.parse", ReleaseVersion.parse, "14.0.0"),
    _word(
        "model.names.ModulePackage.parse",
        ModulePackage.parse,
        "qlustar-module-slurm-bookworm-amd64-14.0.0",
    ),
    _word(
        "model.apt_offers.module_offers",
        lambda text: module_offers(read_stanzas(text, "apt-cache"), {}, older=True),
        OFFER,
    ),
    _word("model.release.Compression.parse", Compression.parse, "zstd 19 1M"),
)


def _held(data: bytes) -> object:
    """The manifest and the packages of a payload, which stand here one after the other."""
    manifest, _, packages = data.partition(b"\0\0")
    texts = {f"{HOME}/manifest": manifest, f"{HOME}/slurm.packages.version.gz": packages}
    return read_held(texts, "slurm.deb")


HOME = "usr/share/qlumod/modules/slurm/bookworm/amd64/14.0.0"


def _held_seed() -> bytes:
    packages = _packed(E["slurm.packages.version"])
    files = payload_files("slurm", files={"slurm.packages.version.gz": packages})
    return files["manifest"] + b"\0\0" + packages


def _member(data: bytes) -> object:
    """What a payload directory says of its module, all of its files of these bytes."""
    manifest, _, left_out = data.partition(b"\0\0")
    with tempfile.TemporaryDirectory() as place:
        payload = Path(place)
        (payload / "state").mkdir()
        (payload / "manifest").write_bytes(manifest)
        (payload / "left-out.gz").write_bytes(left_out)
        (payload / "state/caches").write_bytes(left_out)
        member = Payload(directory=payload)
        return member.manifest, member.left_out, member.cached_by("ld.so")


def _job(data: bytes) -> object:
    """The documents of a job, one after the other."""
    texts = dict(zip(_JOB, decoded(data, "job").split("\0"), strict=False))
    return parse_inputs(texts, ModuleName("slurm"), "job")


_JOB = {
    "release": RELEASE,
    "accounts": E["accounts"],
    "lock": LOCKS[0],
    "core.module": CORE,
    "slurm.module": SLURM,
}

KNOWN_FILES = f"Format: 1\nFiles:\n {A} 12 34 1790000000123456789 5 /usr/share/x\n".encode()
RELEASE_FILE = f"""\
Origin: Qlustar
Suite: 14.0-bookworm
Date: Sat, 05 Sep 2026 09:14:13 UTC
SHA256:
 {A}               12 main/binary-amd64/Packages
"""
SIGNED = f"""\
-----BEGIN PGP SIGNED MESSAGE-----
Hash: SHA512

{RELEASE_FILE}
-----BEGIN PGP SIGNATURE-----

AAAA
-----END PGP SIGNATURE-----
"""
PACKAGES = f"""\
Package: munge
Version: 1
Architecture: amd64
Filename: pool/main/m/munge/munge_1_amd64.deb
Size: 12
SHA256: {A}
"""
SOURCES_TEXT = f"""\
Package: munge
Version: 1
Directory: pool/main/m/munge
Checksums-Sha256:
 {A} 12 munge_1.dsc
"""
FILE = member("./usr/share/doc/tool/copyright", b"free\n")
DEB = deb(CONTROL, FILE, member("./usr/bin/tool", kind=b"2", target="x"))
TAR_XZ = lzma.compress(tar(member("debian/qlumod/lock", b"Format: 1\n")))


def _whole_deb(path: Path) -> object:
    found = Deb.at(path)
    return (
        checked_control(found),
        [file.path for file in found.files()],
        found.texts(["usr/bin/tool"]),
    )


def _stood_in(data: bytes) -> object:
    """The stand-ins for what a paragraph of an index needs."""
    text = data.decode(errors="replace") + "\n"
    entry = IndexEntry(
        package="x", version="1", architecture="all", source=("x", "1"), files=(), text=text
    )
    status = stand_ins(Inside({"amd64": [text.encode()]}), [entry], "amd64")
    return status, entry.built_from, foreign_architectures([entry], "amd64")


def _payload_deb() -> bytes:
    packages = _packed(E["slurm.packages.version"])
    files = payload_files("slurm", files={"slurm.packages.version.gz": packages})
    name = "qlustar-module-slurm-bookworm-amd64-14.0.0"
    documents = {
        f"{HOME}/slurm.contents.gz": _packed(E["slurm.contents"]),
        **{f"{HOME}/{path}": data for path, data in files.items()},
        f"usr/share/doc/{name}/slurm.changelog": b"",
        f"usr/share/doc/{name}/slurm.packages.changelog.gz": _packed(""),
        f"usr/share/doc/{name}/slurm.contents.changelog.gz": _packed(""),
        f"usr/share/doc/{name}/changelog.Debian.gz": _packed(""),
    }
    control = CONTROL.replace(b"Package: tool", f"Package: {name}".encode())
    return deb(control, *(member(f"./{path}", data) for path, data in documents.items()))


PAYLOAD = _payload_deb()
CONFIGURATION = """\
Format: 1
Cache: /var/cache/qlumod

Archive: debian
URI: http://example.org/debian
"""
TREE = ScannedTree(
    entries={
        "/": TreeEntry(path="/", type="d", mode=0o755),
        "/etc/passwd": TreeEntry(
            path="/etc/passwd", type="f", mode=0o644, xattrs=(("user.a", b"x"),), digest=A
        ),
    },
    data={"/etc/passwd": b"root:x:0:0:root:/root:/bin/bash\n"},
)
CHECKED = Checked(
    way=Way.IN_STEPS,
    paths=5,
    counts={"log": 1},
    failures=(Difference(path="/etc/x", aspect=Aspect.CONTENT),),
    otherwise=(),
)

_ARCHIVE = archive(
    [
        CpioMember(path="etc", mode=0o40755, mtime=1, links=2),
        CpioMember(path="etc/a", mode=0o100644, mtime=1, data=b"hello", links=2),
    ]
)

DOCUMENTS = (
    Reader(name="model.held.read_held", read=_held, seeds=(_held_seed(),)),
    Reader(
        name="model.build_run.parse_run",
        read=lambda data: parse_run(*data.partition(b"\n")[::2]),
        seeds=(
            b'{"event": "begin", "time_utc": 1, "process": "process 1 on head"}\n'
            b'{"event": "result", "time": 2.5, "document": {"images": [{"image": "compute"}]}}',
            b'{"event": "begin", "time_utc": 1}\n{"event": "error", "time": 0, "errors": [{}]}',
        ),
    ),
    Reader(
        name="stack.payload.Payload",
        read=_member,
        seeds=(E["manifest"].encode() + b"\0\0" + _packed("munge→/etc/default/munge\n"),),
    ),
    Reader(name="layer.inputs.parse_inputs", read=_job, seeds=("\0".join(_JOB.values()).encode(),)),
    Reader(
        name="model.proof.parse_proof",
        read=lambda data: parse_proof(data, "proof", known=KNOWN),
        seeds=(json.dumps(ONE).encode(), json.dumps(ALL).encode()),
    ),
    Reader(
        name="proof.checked.parse_checked",
        read=parse_checked,
        seeds=(checked_text(refused(Way.AT_ONCE, "no stack")), checked_text(CHECKED)),
    ),
    Reader(name="proof.scanned_tree.loaded", read=loaded, seeds=(dumped(TREE),)),
    Reader(
        name="repository.format.settings.parse_settings",
        read=lambda data: parse_settings(data, Path("settings")),
        seeds=(E["settings"].encode(),),
    ),
    Reader(
        name="repository.sets.set_documents.read_lines",
        read=lambda data: read_lines(data, "modules"),
        seeds=(E["modules"].encode(),),
    ),
    Reader(
        name="repository.format.retired_names.parse_remembered",
        read=lambda data: parse_remembered(data, "gone"),
        seeds=(f"{A} 12 pool/main/m/munge.deb\n".encode(),),
    ),
    Reader(
        name="repository.sets.proofs.parse_known",
        read=lambda data: parse_known(data, "proved"),
        seeds=(f"{A} {A}\n".encode(),),
    ),
    _file("head.known_digests.remembered_digests", remembered_digests, KNOWN_FILES),
    _word(
        "model.stanzas.date_seconds",
        lambda text: date_seconds(text, "Release"),
        "Sat, 05 Sep 2026 09:14:13 UTC",
    ),
    Reader(
        name="model.stanzas.signed_stanza",
        read=lambda data: list(signed_stanza(data, "Release").files("SHA256")),
        seeds=(RELEASE_FILE.encode(), SIGNED.encode()),
    ),
    _text(
        "model.stanzas.normalised",
        lambda text, path: normalised(one_stanza(text, path)),
        CONTROL.decode() + "Depends: a (>= 1) | b, c\nProvides:\n",
    ),
    _word("packaging.debian.architectures.package_architecture", package_architecture, "amd64"),
    Reader(
        name="repository.publishing.stand_in.stand_ins",
        read=_stood_in,
        seeds=((CONTROL + b"Depends: a:i386 (>= 1) | b, c (1)\nBreaks: a (<< 2)\n").strip(),),
    ),
    _text("repository.format.index_entries.read_packages", read_packages, PACKAGES),
    _text("repository.format.index_entries.read_sources", read_sources, SOURCES_TEXT),
    Reader(
        name="repository.format.indexes.read_index",
        read=lambda data: read_index("main/binary-amd64/Packages", data),
        seeds=(_packed(PACKAGES),),
    ),
    _file("system.deb.Deb", _whole_deb, DEB),
    _file("packaging.debian.deb.tar_xz_files", lambda path: list(tar_xz_files(path)), TAR_XZ),
    _file("package.published_module.read_payload", read_payload, PAYLOAD),
    Reader(
        name="package.before.read_predecessor",
        read=lambda data: before.read_predecessor(data, "before"),
        seeds=(before.predecessor_document({"packages": "x\n", "contents": "y\n"}),),
    ),
    _text("cli.configuration.parse", configuration.parse, CONFIGURATION),
    _word("cli.kinds.duration", kinds.duration, "12h"),
    _word("cli.kinds.byte_size", kinds.byte_size, "16G"),
    _word("cli.kinds.seconds", kinds.seconds, "1.5"),
    _word("cli.kinds.days", kinds.days, "30"),
    _word(
        "model.address.address",
        lambda text: address(text, said="--archive"),
        "debian=http://example.org/debian",
    ),
)


def _fragment(kind: Kind) -> Reader:
    """A kind of state that reads the fragments of two modules."""
    seeds = tuple(write_fragment(body) for body in FRAGMENTS[kind.name])
    return Reader(
        name=f"state.{kind.name}.merge",
        read=lambda data: kind.merge([("core", seeds[0]), ("slurm", data)]),
        seeds=seeds,
    )


def _root(kind: Kind) -> Reader:
    """A kind of state that reads the files of a root."""
    path = kind.patterns[0].replace("*", "x")

    def read(data: bytes) -> object:
        files = {path: StateFile(data=data)}
        return kind.canonical(files), kind.merge([("core", kind.capture({}, files))])

    return Reader(name=f"state.{kind.name}.capture", read=read, seeds=ROOT_FILES[kind.name])


STANZA = "Package: munge\nStatus: install ok installed\nVersion: 1\nArchitecture: amd64\n"
QUESTION = "Name: munge/key\nTemplate: munge/key\nValue: no\nOwners: munge\nFlags: seen\n"
PASSWD = "munge:x:400:400::/nonexistent:/usr/sbin/nologin"
FRAGMENTS: Mapping[str, Sequence[str]] = {
    "accounts": (
        f"Name: munge\nPasswd: {PASSWD}\nShadow: munge:!:19000::::::\n\n",
        "Member-Of: munge\nMembers: a b\n\nRange-Of: a\nSubuid: a:100000:65536\n\n",
    ),
    "dpkg-status": (f"{STANZA}Conffiles:\n /etc/a 00\n /etc/b 11\n\n",),
    "dpkg-diversions": ("/usr/lib/a\n/usr/lib/a.real\nmunge\n",),
    "dpkg-statoverride": ("root root 4755 /usr/bin/x\n",),
    "dpkg-triggers": ("/usr/share/man man-db/noawait\nldconfig libc-bin\n",),
    "alternatives": (
        "Name: awk\nMode: auto\nLink: /usr/bin/awk\nValue: /usr/bin/mawk\nMade: nawk\nSlaves:\n"
        " nawk /usr/bin/nawk\nChoice-0: 5 /usr/bin/mawk\n nawk /usr/bin/mawk\n\n",
        "Name: awk\nMode: manual\nLink: /usr/bin/awk\nValue: /usr/bin/gawk\n"
        "Choice-0: 10 /usr/bin/gawk\n\n",
    ),
    "apt-extended-states": ("Package: munge\nArchitecture: amd64\nAuto-Installed: 1\n\n",),
    "debconf-config": (f"{QUESTION}\n",),
    "debconf-templates": ("Name: munge/key\nType: boolean\nDescription: Key?\nOwners: munge\n\n",),
    "debconf-passwords": ("Name: munge/password\nOwners: munge\n\n",),
    "ucf-hashfile": ("0123456789abcdef /etc/default/munge\n",),
    "ucf-registry": ("munge /etc/default/munge\n",),
    "shells": ("/bin/bash\n/usr/bin/zsh\n",),
    "shells-state": ("/bin/bash\n",),
    "xml-catalog-record": (
        '<delegateSystem systemIdStartString="http://x.org/"><catalog="file:///etc/xml/x.xml">\n',
    ),
    "xml-catalog": (
        '<delegateSystem systemIdStartString="http://x.org/" catalog="file:///etc/xml/x.xml"/>\n',
    ),
    "java-certificates": ("MIIFWg== debian:example.pem\n",),
    "nsswitch": (
        "Text:\n passwd: files systemd\n .\n hosts: files dns\n",
        "Database: hosts\nWas: files dns\nNow: files [NOTFOUND=return] dns myhostname\n\n",
    ),
}
ROOT_FILES: Mapping[str, tuple[bytes, ...]] = {
    **{name: tuple(body.encode() for body in bodies) for name, bodies in FRAGMENTS.items()},
    "accounts": (f"root:x:0:0:root:/root:/bin/bash\n{PASSWD}\n".encode(),),
    "alternatives": (AWK.encode(),),
    "nsswitch": (b"passwd: files systemd\n# a comment\nhosts: files [NOTFOUND=return] dns\n",),
    "dpkg-triggers": (b"munge\nman-db/noawait\n",),
    "java-certificates": tuple(file.data for file in keystore(MAIL, TLS, when=1).values()),
}

STATE = (
    *map(_fragment, STATE_TABLE.kinds),
    *map(_root, STATE_TABLE.kinds),
    _word(
        "packaging.debian.state.alternatives.parse_group",
        lambda text: parse_group("awk", text),
        AWK,
    ),
    Reader(
        name="packaging.debian.state.triggers.interests",
        read=lambda data: interests(ModuleName("slurm"), data),
        seeds=(write_fragment("/usr/share/man man-db/noawait\n"),),
    ),
    Reader(
        name="packaging.debian.state.diverted.unseen_diversions",
        read=lambda data: unseen_diversions((), [(ModuleName("slurm"), data)]),
        seeds=(write_fragment(FRAGMENTS["dpkg-diversions"][0]),),
    ),
)


def _index(data: bytes) -> object:
    path = "/usr/lib/modules/6.1.0-1-amd64/modules.dep.bin"
    return MODULE_INDEXES.canonical({path: StateFile(data=data)})


def _listing() -> bytes:
    return (
        b"#\n/ D 1790000000 755 0 0\na\\ b R 1790000000 644 0 0 3 0 0\nl S 1790000000 777 0 0 a\n"
        b"h L a\\ b\nc C 1790000000 644 0 0 1 3\np I 1790000000 644 0 0 f\n#\n"
        b"# START OF DATA - DO NOT MODIFY\n#\nabc"
    )


INDEX = bytes.fromhex("b007f457000200014000000c0000000100000005") + b"munge: \0"

FILES = (
    Reader(name="proof.module_index.canonical", read=_index, seeds=(INDEX,)),
    Reader(
        name="system.disk.squashfs_listing.read_listing",
        read=lambda data: read_listing(io.BytesIO(data)),
        seeds=(_listing(),),
    ),
    Reader(
        name="secrets.look.look",
        read=lambda data: look("/etc/x", data),
        seeds=(_packed("password = hunter2\n"), RELEASE.encode(), AWK.encode()),
    ),
)

SUITE = "14.0-bookworm"
SNAPSHOT = "20260905T091413Z"
DSC = f"""\
Format: 3.0 (native)
Source: munge
Version: 1
Checksums-Sha256:
 {digest_bytes(b"")} 0 munge_1.tar.xz
"""
CHANGES = f"""\
Source: munge
Checksums-Sha256:
 {digest_bytes(DEB)} {len(DEB)} tool_1_amd64.deb
"""
MEMBER = {
    "module": "slurm", "version": "1", "deb": A, "payload": A, "requires": ["core"],
    "conflicts": [], "packages": {}, "sources": [["munge", "1"]],
}  # fmt: skip
SET = {
    "release": "14.0.0", "flavor": "bookworm", "architecture": "amd64", "members": [MEMBER],
    "pairs": 1, "unproved": 0, "lacking": [["core", "slurm"]], "proofs": [A],
}  # fmt: skip
ARMOURED = b"""\
-----BEGIN PGP PUBLIC KEY BLOCK-----
Comment: a key

mDMEZvU=
=AbCd
-----END PGP PUBLIC KEY BLOCK-----
"""
LATER = b"Copyright: x\n/usr/share/common-licenses/GPL version 2, or any later version\n"


def _snapshot(path: Path) -> object:
    """A Release file, where that of a snapshot is."""
    found = read_snapshot(Layout(root=path.parents[4]), SNAPSHOT, SUITE)
    return found.date, found.valid_until, found.architectures, found.stored_indexes()


def _set(path: Path) -> object:
    """The document of a set, under its digest."""
    layout = Layout(root=path.parent)
    layout.files.make(layout.sets)
    document = digest_bytes(path.read_bytes())
    path.rename(layout.sets / document)
    return read_set(layout, read_lines(f"14.0.0 bookworm amd64 {document} 1 0\n".encode(), "x")[0])


def _known_chunks(path: Path) -> object:
    """The list of the chunks of an index, with its seal."""
    path.write_bytes(path.read_bytes() + b"\n" + digest_bytes(path.read_bytes()).encode())
    return Chunks(path.parent, path.parent).known(PACKAGES_INDEX, Sum(size=12, sha256=digest(A)))


def _incoming(path: Path) -> object:
    """A .dsc or a .changes, and the files that it names."""
    (path.parent / "munge_1.tar.xz").write_bytes(b"")
    (path.parent / "tool_1_amd64.deb").write_bytes(DEB)
    return read_incoming([path], path.parent, listen=ignore)


def _index_sum(path: Path) -> object:
    return unpacked_sum(path, most=1 << 20, kind="an index")


IMAGE = b64decode(
    "aHNxcwQAAAAAAAAAAAACAAEAAAAGABEAwAIBAAQAAABgAAAAAAAAABsBAAAAAAAAEwEAAAAAAAD//////////2gA"
    "AAAAAAAApgAAAAAAAADhAAAAAAAAAAUBAAAAAAAAaGVsbG8KeAo8ACi1L/0ggJ0BAALCBg7g6QAzAACU6Hq8995b"
    "pv9cn8hvkPfjp3txCAgASzCE23XFMLd4P2cxFEeAxC7QAicAKLUv/SAz9QAAQgIFCuCtBvAVKlW7dwp3CKkef7DH"
    "5zICAF/CGbgCEIBgAAAAAAAAAAgAAAEAAAAAzwAAAAAAAAAaACi1L/0gII0AAAJCAwfg6dChC5oU//z74z8A6QAA"
    "AAAAAAAEgAAAAAANAQAAAAAAAA=="
)
"""A squashfs image of two files, as ``mksquashfs -comp zstd`` makes it."""

REPOSITORY = (
    _file(
        "repository.format.snapshots.read_snapshot",
        _snapshot,
        f"{RELEASE_FILE}Architectures: all amd64\n".encode(),
        file=f"snapshots/{SNAPSHOT}/dists/{SUITE}/Release",
    ),
    _file("repository.sets.set_documents.read_set", _set, json.dumps(SET).encode()),
    _file("repository.index.chunks.known", _known_chunks, f"{A}\t12\tmunge\tamd64\t1".encode()),
    _file(
        "repository.publishing.read_incoming (.dsc)", _incoming, DSC.encode(), file="munge_1.dsc"
    ),
    _file(
        "repository.publishing.read_incoming (.changes)",
        _incoming,
        CHANGES.encode(),
        file="munge_1.changes",
    ),
    _word(
        "repository.rules.relations.alternatives",
        lambda text: alternatives(text, NEEDS),
        "Package: a\nDepends: b (>= 1) | c,\n d:any [amd64] <!nocheck>\n",
    ),
    _file("system.disk.unpacking.unpacked_sum (.gz)", _index_sum, _packed(PACKAGES), file="P.gz"),
    _file(
        "system.disk.unpacking.unpacked_sum (.xz)",
        _index_sum,
        lzma.compress(PACKAGES.encode()),
        file="P.xz",
    ),
    _file(
        "system.disk.unpacking.unpacked_sum (.zst)",
        _index_sum,
        zstandard.ZstdCompressor().compress(PACKAGES.encode()),
        file="P.zst",
    ),
    _file("system.disk.squashfs_sizes.stored_sizes", stored_sizes, IMAGE),
    Reader(name="system.keys.gpg.dearmoured", read=dearmoured, seeds=(ARMOURED,)),
    Reader(name="system.keys.gpg.unchecked_text", read=unchecked_text, seeds=(SIGNED.encode(),)),
)


def _answers(data: bytes) -> object:
    """Questions and templates of debconf, one after the other."""
    questions, _, templates = data.partition(b"\0")
    return list(secret_answers(questions, templates))


def _initrd(data: bytes) -> object:
    """What an initrd unpacks to; who asks makes it anew where it cannot be read."""
    try:
        return unpacked_initrd(data)
    except ValueError:
        return None


TEXTS = (
    Reader(name="model.cpio.unpacked_initrd", read=_initrd, seeds=(_ARCHIVE, zstd_frame(_ARCHIVE))),
    Reader(
        name="model.packed.unpacked_lines",
        read=lambda data: list(unpacked_lines(data, "x.gz", most=1 << 20)),
        seeds=(_packed(PACKAGES),),
    ),
    Reader(
        name="state.account_ids.ids_in_fragment",
        read=lambda data: ids_in_fragment(ModuleName("slurm"), data),
        seeds=(write_fragment(FRAGMENTS["accounts"][0]),),
    ),
    _word(
        "state.account_ids.services_of",
        lambda text: services_of(text, "user"),
        "passwd: files [a=b] sss\n",
    ),
    _word("state.fragment.fields", fields, STANZA, FRAGMENTS["alternatives"][0].strip()),
    Reader(
        name="packaging.debian.answers.secret_answers",
        read=_answers,
        seeds=(f"{QUESTION}\0Name: munge/key\nType: password\nDefault: x\n".encode(),),
    ),
    Reader(name="package.overrides.of_copyright", read=of_copyright, seeds=(LATER,)),
    _file(
        "package.published_module.read_inputs_of",
        read_inputs_of,
        lzma.compress(tar(member("debian/qlumod/lock", b"Format: 1\n"))),
        file="munge_1.debian.tar.xz",
    ),
)

READERS = (*MODEL, *DOCUMENTS, *STATE, *FILES, *REPOSITORY, *TEXTS)
ELSEWHERE = {
    "model.generated.parse_generated": "a part of the lock",
    "model.stanzas.read_fields": "state.fragment.fields reads by it",
    "model.stanzas.read_stanzas": "read_packages reads by it",
    "repository.index.cutting.read_chunk": "repository.index.chunks.known reads by it",
}
"""Public functions that read a text, and are tried by others, or are given no bytes of others."""
