"""Finding a package or a path in the modules and the images of a head node."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from posixpath import dirname, join, normpath

from qlumod.errors import QlumodError, gathering
from qlumod.events import Caution, Listener
from qlumod.head.generations import generations, read_deployed
from qlumod.head.kept_lists import KeptGeneration, kept_generation
from qlumod.head.payloads import home_of
from qlumod.head.places import Places
from qlumod.head.registrar import read_registry
from qlumod.model.contents import PackageLine, PathLine
from qlumod.model.contents_search import PathFound, packages_in_list, path_in_contents
from qlumod.model.image import ImageName, StackModule
from qlumod.model.names import ModuleName
from qlumod.model.paths import merged_path
from qlumod.model.payload_paths import contents_file, packages_file
from qlumod.model.registry import Registered, Registry
from qlumod.system.disk.documents import read_packed

LINKS = 5
"""The number of symbolic links that are followed after each other."""
READERS = 4
"""The number of files that are unpacked and searched in parallel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundInModule:
    """A registered module that has the package or the path."""

    module: Registered
    packages: tuple[PackageLine, ...]
    """The packages that were asked for, or the package of the path; empty if a generator made it
    or the package is part of another module."""
    path: PathLine | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundInImage:
    """A generation of an image that has the package or the path."""

    image: ImageName
    generation: str
    deployed: bool
    module: StackModule | None
    """The module that has it; None: the image's own layer."""
    packages: tuple[PackageLine, ...]
    path: PathLine | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finds:
    """Where a package or a path is."""

    asked: str
    """The name or pattern of packages, or the path as contents spell it."""
    modules: tuple[FoundInModule, ...]
    images: tuple[FoundInImage, ...]
    unsearched: tuple[str, ...]
    """What could not be searched, and why."""
    leads_to: tuple["Finds", ...] = ()
    """Where the targets are, if the path is a symbolic link."""

    @property
    def is_path(self) -> bool:
        """Whether a path was asked for."""
        return self.asked.startswith("/")

    @property
    def anything(self) -> bool:
        """Whether anything was found."""
        return bool(self.modules or self.images)

    @property
    def targets(self) -> tuple[str, ...]:
        """The paths to which the path leads if it is a symbolic link, without links in them."""
        lines = [found.path for found in self.modules] + [found.path for found in self.images]
        targets = {line.digest for line in lines if line and line.type == "l"}
        return tuple(sorted({_target(self.asked, target) for target in targets}))


def _target(path: str, target: str) -> str:
    return merged_path(normpath(join(dirname(path), target)))


def find_contents(places: Places, asked: str, *, listen: Listener) -> Finds:
    """Find a package (a name, or a pattern as in the shell) or an absolute path.

    Symbolic links are followed, such as those of alternatives.
    """
    faults: list[QlumodError] = []
    ground = _Ground(
        places=places,
        registry=read_registry(places),
        generations=tuple(_generations(places, faults)),
    )
    finds = _followed(ground, merged_path(asked) if asked.startswith("/") else asked, ())
    unsearched = (*(fault.brief for fault in faults), *finds.unsearched)
    for reason in unsearched:
        listen(Caution(text=reason))
    return replace(finds, unsearched=unsearched)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ground:
    """What is searched."""

    places: Places
    registry: Registry
    generations: "tuple[_Generation, ...]"


def _followed(ground: _Ground, asked: str, links: tuple[str, ...]) -> Finds:
    """Find a path to which these links have led, and where it leads in turn."""
    finds, seen = _found(ground, asked), (*links, asked)
    if len(seen) > LINKS:
        return finds
    further = (_followed(ground, path, seen) for path in finds.targets if path not in seen)
    return replace(finds, leads_to=tuple(further))


def _found(ground: _Ground, asked: str) -> Finds:
    places, search = ground.places, _Search(asked=asked)
    search.read(
        [path for entry in ground.registry for path in _lists_of(places, entry)]
        + [path for one in ground.generations for path in _kept_lists(one.lists)]
    )
    return Finds(
        asked=asked,
        modules=tuple(
            found for entry in ground.registry for found in _in_module(places, entry, search)
        ),
        images=tuple(found for one in ground.generations for found in _in_image(one, search)),
        unsearched=(*search.faults.values(), *_without_lists(ground.generations)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Generation:
    image: ImageName
    deployed: bool
    lists: KeptGeneration


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """What one file says: of a path, or of packages."""

    path: PathFound = field(default_factory=PathFound)
    packages: tuple[PackageLine, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Search:
    """What the files say of `asked`; hard links of one file are read once."""

    asked: str
    answers: dict[tuple[int, int], _Answer] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)
    """The error of each file that cannot be read, by path."""

    def read(self, paths: Sequence[Path]) -> None:
        """Search the files that matter for the question."""
        of_path = self.asked.startswith("/")
        wanted = [path for path in paths if path.name.endswith(".contents.gz") is of_path]
        files = {_inode(path): path for path in reversed(wanted) if path.exists()}
        with ThreadPoolExecutor(READERS) as readers:
            found = readers.map(self._answer, files.values())
            self.answers.update(zip(files, found, strict=True))

    def of(self, path: Path | None) -> _Answer:
        """The answer of a file that was read; nothing if it does not exist."""
        if path is None or not path.exists():
            return _Answer()
        return self.answers.get(_inode(path), _Answer())

    def versions(self, origin: str, path: Path | None) -> tuple[PackageLine, ...]:
        """The package of a path, in the list of its module's packages."""
        if path is None or origin.startswith("<") or not path.exists():
            return ()
        try:
            return packages_in_list(read_packed(path), origin, str(path))
        except QlumodError as fault:
            self.faults[str(path)] = fault.brief
            return ()

    def _answer(self, path: Path) -> _Answer:
        try:
            data = read_packed(path)
            if self.asked.startswith("/"):
                return _Answer(path=path_in_contents(data, self.asked, str(path)))
            return _Answer(packages=packages_in_list(data, self.asked, str(path)))
        except QlumodError as fault:
            self.faults[str(path)] = fault.brief
            return _Answer()


def _inode(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_dev, status.st_ino


def _generations(places: Places, faults: list[QlumodError]) -> Iterator[_Generation]:
    """All generations; those that cannot be read are added to `faults`."""
    homes = sorted(places.built.iterdir()) if places.built.is_dir() else []
    for home in homes:
        image = ImageName(home.name)
        # The link is read, not the stack, which may be damaged.
        deployed = read_deployed(places, image)
        for name in generations(places, image):
            with gathering(faults):
                yield _Generation(
                    image=image,
                    deployed=name == deployed,
                    lists=kept_generation(places, image, name),
                )


def _lists_of(places: Places, entry: Registered) -> tuple[Path, Path]:
    """The package list and the contents of a registered module."""
    home = home_of(places, entry).directory
    return home / packages_file(entry.module), home / contents_file(entry.module)


def _kept_lists(kept: KeptGeneration) -> Iterator[Path]:
    for module in kept.stack.modules:
        yield from filter(None, (kept.packages(module.module),))
    for layer in kept.stack.layers:
        yield from filter(None, (kept.contents(layer.name),))


def _in_module(places: Places, entry: Registered, search: _Search) -> Iterator[FoundInModule]:
    packages, contents = _lists_of(places, entry)
    line = search.of(contents).path.line
    if line:
        owner = search.versions(line.origin, packages)
        yield FoundInModule(module=entry, packages=owner, path=line)
    if found := search.of(packages).packages:
        yield FoundInModule(module=entry, packages=found)


def _in_image(one: _Generation, search: _Search) -> Iterator[FoundInImage]:
    lists = one.lists
    by_name: Mapping[str, StackModule] = {each.module: each for each in lists.stack.modules}
    line, layer = _in_stack(lists, search)
    if line:
        module = by_name.get(layer)
        yield FoundInImage(
            image=one.image,
            generation=lists.name,
            deployed=one.deployed,
            module=module,
            packages=_owner(line, layer, lists, search),
            path=line,
        )
    for module in lists.stack.modules:
        if found := search.of(lists.packages(module.module)).packages:
            yield FoundInImage(
                image=one.image,
                generation=lists.name,
                deployed=one.deployed,
                module=module,
                packages=found,
            )


def _in_stack(lists: KeptGeneration, search: _Search) -> tuple[PathLine | None, str]:
    """The line of the path in the uppermost layer that has it, unless one above hides it."""
    for layer in reversed(lists.stack.layers):
        found = search.of(lists.contents(layer.name)).path
        if found.line or found.hidden:
            return found.line, layer.name
    return None, ""


def _owner(
    line: PathLine, layer: str, lists: KeptGeneration, search: _Search
) -> tuple[PackageLine, ...]:
    """The package of a path: of the module that has it, otherwise of any other of the stack."""
    others = [each.module for each in lists.stack.modules if each.module != layer]
    for module in (ModuleName(layer), *others):
        if found := search.versions(line.origin, lists.packages(module)):
            return found
    return ()


def _without_lists(kept: Iterable[_Generation]) -> Iterator[str]:
    for one in kept:
        if not one.lists.has_lists:
            yield (
                f"image {one.image}: only the own layer of generation {one.lists.name} is "
                "searched: an earlier version of qlumod built it, without lists of its packages"
            )
