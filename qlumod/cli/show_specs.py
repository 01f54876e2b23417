"""What `qlumod show` prints of modules by their specs, and what takes the room in their layers."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from qlumod.cli.screen import Reporter
from qlumod.cli.wording import columns, size
from qlumod.model.lines import lines_of
from qlumod.model.manifest import LAYER
from qlumod.package.room import LayerPart, Room
from qlumod.workflows.show import ShownModule, show_modules
from qlumod.workflows.workplace import Workplace

LARGEST = 15
"""How many packages and directories of a layer are named; --json has them all."""


def show_specs(
    modules: Sequence[str], place: Mapping[str, Any], *, sizes: bool, reporter: Reporter
) -> None:
    """Print modules; `place` are the fields of a `Workplace`."""
    found = show_modules(Workplace(**place), modules, sizes=sizes)
    rooms = [(shown, shown.room) for shown in found if shown.room]
    lines = _sizes(rooms) if sizes else _modules(found)
    reporter.result({"modules": [_document(shown) for shown in found]}, lines)


def _modules(found: Sequence[ShownModule]) -> Iterator[str]:
    for number, shown in enumerate(found):
        if number:
            yield ""
        yield from _lines(shown)


def _lines(shown: ShownModule) -> Iterator[str]:
    spec = shown.spec
    synopsis, *text = lines_of(spec.description)
    yield f"{spec.module}: {spec.title} ({spec.stack_group})"
    yield f"  {synopsis}"
    yield from (f"  {line}".rstrip() if line != "." else "" for line in text)
    yield ""
    yield from (f"  {line}" for line in columns(_facts(shown)))
    yield ""
    rows = [(p.package, p.version, p.archive, size(p.size)) for p in shown.packages]
    yield from (f"  {line}" for line in columns([("package", "version", "archive", "size"), *rows]))


def _facts(shown: ShownModule) -> Iterator[tuple[str, str]]:
    spec, manifest = shown.spec, shown.manifest
    yield "version", f"{shown.version}, {shown.flavor} on {shown.architecture}"
    if spec.requires:
        yield "requires", ", ".join(spec.requires)
    if spec.conflicts:
        yield "never with", ", ".join(spec.conflicts)
    yield "packages", str(len(shown.packages))
    layer = manifest.file(LAYER) if manifest else None
    if manifest and layer:
        yield "layer", f"{size(layer.size)}, {size(manifest.unpacked_size)} unpacked"
        yield "digest", layer.sha256
        yield "directory", str(shown.payload)
    else:
        yield "layer", f"not built: qlumod build {spec.module}"


def _sizes(rooms: Sequence[tuple[ShownModule, Room]]) -> Iterator[str]:
    rows = [(shown.spec.module, *_row(room)) for shown, room in rooms]
    if len(rooms) > 1:
        rows.append(("total", *_sums([room for _, room in rooms])))
    yield from columns([("module", "layer", "firmware", "all else", "unpacked"), *rows])
    for shown, room in rooms:
        yield from ("", f"{shown.spec.module}, by package")
        yield from _parts(room.packages)
        yield from ("", f"{shown.spec.module}, by directory")
        yield from _parts(room.places)


def _row(room: Room) -> tuple[str, ...]:
    return tuple(map(size, (room.total, room.firmware, room.without_firmware, room.unpacked)))


def _sums(rooms: Sequence[Room]) -> tuple[str, ...]:
    columns_of = ((r.total, r.firmware, r.without_firmware, r.unpacked) for r in rooms)
    return tuple(size(sum(column)) for column in zip(*columns_of, strict=True))


def _parts(parts: Sequence[LayerPart]) -> Iterator[str]:
    rest = parts[LARGEST:]
    rows = [(size(part.stored), size(part.unpacked), part.name) for part in parts[:LARGEST]]
    if rest:
        stored, unpacked = (sum(getattr(p, name) for p in rest) for name in ("stored", "unpacked"))
        rows.append((size(stored), size(unpacked), f"{len(rest)} others"))
    yield from (f"  {line}" for line in columns([("in the layer", "unpacked", ""), *rows]))


def _document(shown: ShownModule) -> dict[str, object]:
    spec, manifest = shown.spec, shown.manifest
    return {
        "module": spec.module,
        "title": spec.title,
        "stack_group": spec.stack_group,
        "description": spec.description,
        "requires": list(spec.requires),
        "conflicts": list(spec.conflicts),
        "version": shown.version,
        "flavor": shown.flavor,
        "architecture": shown.architecture,
        "packages": [
            {
                "package": package.package,
                "version": package.version,
                "architecture": package.architecture,
                "archive": package.archive,
                "sha256": package.sha256,
                "size": package.size,
            }
            for package in shown.packages
        ],
        "identity": shown.identity,
        "payload": str(shown.payload) if shown.payload else None,
        "unpacked_size": manifest.unpacked_size if manifest else None,
        "files": [
            {"path": file.path, "size": file.size, "sha256": file.sha256} for file in manifest.files
        ]
        if manifest
        else [],
        "size": _room(shown.room) if shown.room else None,
    }


def _room(room: Room) -> dict[str, object]:
    return {
        "layer": room.total,
        "firmware": room.firmware,
        "without_firmware": room.without_firmware,
        "tables": room.tables,
        "unpacked": room.unpacked,
        "packages": _documents(room.packages),
        "directories": _documents(room.places),
    }


def _documents(parts: Iterable[LayerPart]) -> list[dict[str, object]]:
    return [{"name": part.name, "stored": part.stored, "unpacked": part.unpacked} for part in parts]
