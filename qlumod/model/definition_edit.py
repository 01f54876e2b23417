"""Changing an image's definition: other fields, comments and the order of fields stay; pure."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from qlumod.errors import QlumodError
from qlumod.model.document import repeated, written
from qlumod.model.image import CORE, Image, image_fields, image_text, parse_image
from qlumod.model.lines import lines_of
from qlumod.model.names import ModuleName

_CONTINUED = (" ", "\t")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageChange:
    """What an administrator wants to be different; None leaves a field as it is."""

    add: Sequence[ModuleName] = ()
    with_required: bool = False
    """Whether the modules that the image's modules require are added, too."""
    remove: Sequence[ModuleName] = ()
    version: str | None = None
    description: str | None = None
    """An empty text takes the field out."""
    enable: Sequence[str] = ()
    disable: Sequence[str] = ()
    leave: Sequence[str] = ()
    """Units that are to be as the modules have them."""
    kernel_arguments: str | None = None
    """An empty text takes the field out."""


def changed_image(image: Image, change: ImageChange) -> Image:
    """The image after a change; raises `QlumodError` if the change contradicts itself or it."""
    if CORE in change.remove:
        raise QlumodError(f"image {image.name}: module {CORE} is part of every image")
    for module in change.remove:
        if module in change.add:
            raise QlumodError(
                f"image {image.name}: module {module} is to be added and to be removed",
                remedy=f"say one of --add {module} and --remove {module}",
            )
        if module not in image.modules:
            raise QlumodError(
                f"image {image.name} has no module {module} that could be removed",
                remedy=f"its modules are {', '.join(image.wanted)}",
            )
    for unit in repeated((*{*change.enable}, *{*change.disable}, *{*change.leave})):
        raise QlumodError(
            f"image {image.name}: the unit {unit} is to be switched in two ways",
            remedy=f"say one of --enable {unit}, --disable {unit} and --leave-unit {unit}",
        )
    other = {*change.disable, *change.leave}, {*change.enable, *change.leave}
    return replace(
        image,
        version=_other(change.version, image.version),
        modules=tuple(sorted({*image.modules, *change.add} - {*change.remove, CORE})),
        description=_other(change.description, image.description),
        enable=tuple(sorted({*image.enable, *change.enable} - other[0])),
        disable=tuple(sorted({*image.disable, *change.disable} - other[1])),
        kernel_arguments=_other(change.kernel_arguments, image.kernel_arguments),
    )


def _other(wanted: str | None, present: str) -> str:
    return present if wanted is None else wanted


def edited_text(text: str, path: str, image: Image) -> str:
    """The text of a definition, changed so that it defines `image`."""
    if _defines(text, path, image):
        return text
    before, after = image_fields(parse_image(text, path)), image_fields(image)
    lines = lines_of(text)
    for name, value in after.items():
        if value != before[name]:
            lines = _with_field(lines, name, before[name], value)
    edited = "".join(f"{line}\n" for line in lines)
    return edited if _defines(edited, path, image) else image_text(image)


def _defines(text: str, path: str, image: Image) -> bool:
    try:
        return parse_image(text, path) == image
    except QlumodError:
        return False


def _with_field(
    lines: Sequence[str], name: str, before: str | Sequence[str], value: str | Sequence[str]
) -> list[str]:
    """The lines of a document with another value of a field."""
    begin, end = _place(lines, name)
    old = lines[begin:end]
    new = lines_of(written([(name, value)])) if value else []
    if value and old and not isinstance(value, str):
        kept = list(_with_words(old, set(before) - set(value), [*_new(before, value)]))
        if len(" ".join(line for line in kept if not line.startswith("#")).split()) > 1:
            new = kept
    return [*lines[:begin], *new, *lines[end:]]


def _new(before: Iterable[str], value: Iterable[str]) -> Iterator[str]:
    there = set(before)
    return (word for word in value if word not in there)


def _place(lines: Sequence[str], name: str) -> tuple[int, int]:
    """Where a field begins and ends; an empty place behind the last field if it is not there."""
    begun = re.compile(rf"{re.escape(name)}:", re.IGNORECASE)
    begin = next((number for number, line in enumerate(lines) if begun.match(line)), None)
    if begin is None:
        last = max(n for n, line in enumerate(lines) if line.strip() and not line.startswith("#"))
        return last + 1, last + 1
    end = begin + 1
    for number, line in enumerate(lines[end:], end):
        if line.startswith(_CONTINUED):
            end = number + 1
        elif not line.startswith("#"):
            break
    return begin, end


def _with_words(field: Sequence[str], gone: set[str], more: Sequence[str]) -> Iterator[str]:
    """The lines of a field of words without some, and with others at its end."""
    first, *others = field
    name, colon, rest = first.partition(":")
    beside = [word for word in rest.split() if word not in gone]
    if not others:
        beside += more
    yield " ".join((f"{name}{colon}", *beside))
    for line in others:
        left = [word for word in line.split() if word not in gone]
        if line.startswith("#") or left == line.split():
            yield line
        elif left:
            yield f" {' '.join(left)}"
    if others:
        yield from (f" {word}" for word in more)
