"""Asking in all places where programs of a root are started; what each of them reaches."""

import os
import re
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from qlumod.errors import raise_faults
from qlumod.events import Event, Output
from qlumod.head.places import Places
from qlumod.head.verbs.build_images import BuildOrder, build_images
from qlumod.head.verbs.define_images import NewImage, create_image
from qlumod.head.verbs.modules import register
from qlumod.layer.payload_build import build_payloads, plan_jobs
from qlumod.model.manifest import parse_manifest
from qlumod.model.names import ModuleName
from qlumod.model.payload_paths import MANIFEST, payload_home
from qlumod.system.disk.workshop import Workshop
from qlumod.workflows.proof import verify_stack
from qlumod.workflows.workplace import Workplace
from tests.attack.release import MODULES
from tests.layer.small_release import SmallRelease
from tests.support.ordinary import ID, User

_LINE = re.compile(r"\bprobe (\S+) (\S+): (yes|no) ?(.*)")


@dataclass(frozen=True, order=True)
class Reached:
    """One question, asked in one place."""

    place: str
    """What qlumod did, and which program of the root asked: ``build core: postinst``."""
    question: str
    yes: bool
    detail: str


def answers(doing: str, lines: Iterable[str]) -> Iterator[Reached]:
    """The answers among the lines that programs printed."""
    for line in lines:
        if found := _LINE.search(line):
            label, question, word, detail = found.groups()
            yield Reached(f"{doing}: {label}", question, word == "yes", detail)


class _Heard:
    """A listener that keeps what programs print."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def __call__(self, event: Event) -> None:
        if isinstance(event, Output):
            self.lines.append(event.line)

    def answers(self, doing: str) -> list[Reached]:
        return list(answers(doing, self.lines))


def asked_while_building(
    release: SmallRelease, cache: Path
) -> tuple[dict[str, Path], list[Reached]]:
    """Build the modules into an empty cache; returns their payloads, and the answers."""
    found: list[Reached] = []
    payloads: dict[str, Path] = {}
    for module in map(ModuleName, MODULES):
        heard = _Heard()
        for package in release.lock.generated(module):
            release.store.forget_generated(package.sha256)
        jobs = plan_jobs(release.project, release.lock, [module])
        made = build_payloads(jobs, Workshop(store=release.store, cache=cache), listen=heard)
        payloads |= {str(name): payload.directory for name, payload in made.items()}
        found += heard.answers(f"build {module}")
    return payloads, found


def asked_as_user(release: SmallRelease, user: User, core: Path | None = None) -> list[Reached]:
    """Build, prove and assemble as an ordinary user, who gets nothing but packages.

    With the payload of a core it goes quicker: that is not built, and nothing is proved.
    """
    shutil.copytree(release.specs, user.home / "specs")
    _share(release.store.root, user.home / "packages")
    if core:
        _give(core, user.cache / "layers" / core.name)
    name = {"QLUMOD_PROBE": "of the caller", "QLUMOD_STORE": str(user.home / "packages")}
    modules = tuple(MODULES)
    found: list[Reached] = []
    for words in (
        # With it comes core; packages are made of this one alone, which runs no program of a root.
        ("build", "probing", "--specs", "specs", "--no-lint"),
        ("verify-stack", *modules, "--specs", "specs"),
        ("register", "--root", "head"),
        ("image", "create", "probed", "--modules", "probing", "--root", "head"),
        ("image", "build", "probed", "--root", "head"),
    ):
        if core and words[0] == "verify-stack":
            continue
        if words[0] == "register":
            _install(user.cache / "layers", user.home / "head", owner=ID)
        answer = user.qlumod(*words, "--verbose", "--progress", "plain", **name)
        assert answer.status == 0, answer.out + answer.err
        found += answers(f"as a user: {words[0]}", answer.err.splitlines())
    return found


def _give(payload: Path, own: Path) -> None:
    shutil.copytree(payload, own)
    for path in (own.parent.parent, own.parent, own, *own.rglob("*")):
        os.chown(path, ID, ID)


def _share(store: Path, own: Path) -> None:
    """Give somebody a package store of his own, with the packages that are there."""
    shutil.copytree(store, own, ignore=shutil.ignore_patterns("generated", "partial"))
    for path in (own, *own.rglob("*")):
        os.chown(path, ID, ID)


def _install(payloads: Path, head: Path, *, owner: int) -> None:
    """Put payloads where their packages would."""
    for payload in payloads.iterdir():
        module = parse_manifest((payload / MANIFEST).read_text(), "manifest").module
        place = head / payload_home(module, "bookworm", "amd64", "1.0.0")
        shutil.copytree(payload, place, copy_function=os.link)
    for path in (head, *head.rglob("*")):
        os.chown(path, owner, owner)


def asked_while_proving(release: SmallRelease, cache: Path) -> list[Reached]:
    """Prove the stack, with the packages of the release's cache and the layers of another one."""
    heard = _Heard()
    place = Workplace(specs=release.specs, cache=cache, store=release.store.root)
    verify_stack(place, list(MODULES), fresh=True, listen=heard)
    return heard.answers("verify-stack")


def asked_while_assembling(payloads: dict[str, Path], head: Path) -> list[Reached]:
    """Build an image of the modules on a head node of its own."""
    places = Places(head)
    _install(next(iter(payloads.values())).parent, head, owner=os.geteuid())
    heard = _Heard()
    register(places, thorough=True, listen=heard)
    create_image(
        places,
        NewImage(name="probed", modules=["core", "probing"]),
        listen=heard,
    )
    built = build_images(places, ["probed"], BuildOrder(), listen=heard)
    raise_faults(built.faults.values())
    return heard.answers("image build")
