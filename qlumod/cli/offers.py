"""What the shell offers: modules, images, suites … by the names that they have on this machine.

Files are scanned, not checked: an offer has to come at once, and is never an error.
"""

import contextlib
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from qlumod.cli.settings.reading import current
from qlumod.errors import QlumodError
from qlumod.model.profile import RELEASED
from qlumod.repository.format.layout import Layout
from qlumod.system.disk.regular_files import read_bytes

Completer = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]
_PLAIN = re.compile(r"[\w.,:=@%+~-]+")
"""What no shell takes for anything but itself."""
_MOST = 1 << 24
"""Bytes of a file that is looked through: no document has more."""

NamedOffer = tuple[str, str]
"""A name, and what is said beside it where the shell shows that."""

OPEN = "open"
"""The type of an offer that is not whole yet: no blank follows it."""


def modules(ctx: click.Context, option: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer the modules of the specs that are not typed yet."""
    return _offered(ctx, option, incomplete, _modules(ctx))


def specified_or_registered(
    ctx: click.Context, option: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Offer the modules of the specs; without specs, or if said so, those of the head node."""
    specified = [] if ctx.params.get("installed") else list(_modules(ctx))
    registered = ((stanza.get("module", ""), stanza.get("title", "")) for stanza in _registry(ctx))
    return _offered(ctx, option, incomplete, specified or sorted(filter(any, registered)))


def locked_packages(
    ctx: click.Context, option: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Offer the modules of the specs, and the packages of the locks."""
    return _offered(ctx, option, incomplete, [*_modules(ctx), *_packages(ctx)])


def flavors(ctx: click.Context, option: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer the flavors of the release."""
    return _offered(ctx, option, incomplete, _of_release(ctx, "Flavors"))


def profiles(ctx: click.Context, option: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer the profiles of the release."""
    said = " ".join(stanza.get("profiles", "") for stanza in _release(ctx)[:1])
    named = re.findall(r"(\w+) (zstd \d+ \w+)", said)
    return _offered(ctx, option, incomplete, [(RELEASED, "what is published"), *named])


def architectures(
    ctx: click.Context, option: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Offer the architectures of the release."""
    return _offered(ctx, option, incomplete, _of_release(ctx, "Architectures"))


def archives(ctx: click.Context, option: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer the archives of the release, then the directories that one may be in."""
    if "=" in incomplete:
        return [CompletionItem(incomplete, type="dir")]
    named = [
        (f"{stanza['archive']}=", stanza.get("uri") or stanza.get("directory") or "")
        for stanza in _release(ctx)
        if "archive" in stanza
    ]
    return [
        CompletionItem(item.value, type=OPEN, help=item.help)
        for item in _offered(ctx, option, incomplete, named)
    ]


def module_list(
    ctx: click.Context, option: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Offer the modules of the specs, also after a comma."""
    return _by_commas(ctx, option, incomplete, _modules(ctx))


def flavor_list(
    ctx: click.Context, option: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Offer the flavors of the release, also after a comma."""
    return _by_commas(ctx, option, incomplete, _of_release(ctx, "Flavors"))


def stack_groups(
    ctx: click.Context, option: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Offer the stack groups that the specs name."""
    del option
    groups = {_first(path).get("stack-group", "") for path in _look(ctx, "specs").glob("*.module")}
    return [
        CompletionItem(group) for group in sorted(groups) if group and group.startswith(incomplete)
    ]


def suites(ctx: click.Context, option: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer the suites of the repository."""
    layout = Layout(root=_look(ctx, "repository"))
    named = ((name, f"is {layout.current(name)}") for name in layout.suite_names())
    return _offered(ctx, option, incomplete, named)


def snapshots(ctx: click.Context, option: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer the snapshots of the repository."""
    layout = Layout(root=_look(ctx, "repository"))
    suites = {
        name: sorted(path.name for path in (layout.snapshot(name) / "dists").iterdir())
        for name in layout.snapshot_names()
    }
    named = ((name, f"of {', '.join(found)}") for name, found in suites.items())
    return _offered(ctx, option, incomplete, named)


def packages(ctx: click.Context, option: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer the binary packages of the suite that is typed."""
    from qlumod.repository.format.snapshots import current_snapshot  # noqa: PLC0415 - not always needed

    # Where the value of an option is still to come, click leaves the words in front as they are.
    suite = ctx.params.get("suite") or ctx.params.get("source") or next(iter(ctx.args), None)
    layout = Layout(root=_look(ctx, "repository"))
    snapshot = current_snapshot(layout, suite) if suite else None
    entries = snapshot.entries() if snapshot else ()
    named = ((entry.package, entry.version) for entry in entries if not entry.is_source)
    return _offered(ctx, option, incomplete, named)


def published(ctx: click.Context, option: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer the suites and the snapshots of the repository."""
    return [*suites(ctx, option, incomplete), *snapshots(ctx, option, incomplete)]


def images(ctx: click.Context, option: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer the images of the head node."""
    from qlumod.head.places import Places  # noqa: PLC0415 - only head nodes need it

    found = sorted(Places(_root(ctx)).images.glob("*.image"))
    named = ((path.stem, _first(path).get("description", "")) for path in found)
    return _offered(ctx, option, incomplete, named)


def image_sides(
    ctx: click.Context, option: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Offer what an image can be compared with: its generations, and the words for them."""
    words = [
        CompletionItem(word)
        for word in ("deployed", "newest", "plan")
        if word.startswith(incomplete)
    ]
    return [*words, *built_generations(ctx, option, incomplete)]


def built_generations(
    ctx: click.Context, option: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Offer the generations of the image that is typed, the newest first."""
    from qlumod.head.places import Places  # noqa: PLC0415 - only head nodes need it

    # Where the value of an option is still to come, click leaves the words in front as they are.
    name = ctx.params.get("name") or next(iter(ctx.args), "")
    home = Places(_root(ctx)).built / name
    found = [path.name for path in home.glob("[1-9]*")]
    newest = sorted(found, key=lambda name: (len(name), name), reverse=True)
    return _offered(ctx, option, incomplete, ((name, "") for name in newest))


def registered(field: str, beside: str = "") -> Completer:
    """Offer what the head node's modules have in a field, with another one beside it."""

    def offer(ctx: click.Context, option: click.Parameter, incomplete: str) -> list[CompletionItem]:
        named = (
            (stanza[field], stanza.get(beside, "")) for stanza in _registry(ctx) if field in stanza
        )
        return _by_commas(ctx, option, incomplete, sorted(named))

    return offer


def listed_packages(
    ctx: click.Context, option: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Offer the packages of the head node's modules, each with its version."""
    from qlumod.head.places import Places  # noqa: PLC0415 - only head nodes need it
    from qlumod.model.packed import unpacked  # noqa: PLC0415 - not always needed

    found: dict[str, str] = {}
    for path in sorted(Places(_root(ctx)).modules.glob("*/*/*/*/*.packages.version.gz")):
        with contextlib.suppress(QlumodError):
            text = unpacked(read_bytes(path, most=_MOST), str(path)).decode(errors="replace")
            rows = (line.split("\t") for line in text.split("\n"))
            found.update((row[0], row[1]) for row in rows if len(row) > 1)
    return _offered(ctx, option, incomplete, sorted(found.items()))


def _by_commas(
    ctx: click.Context, option: click.Parameter, incomplete: str, named: Iterable[NamedOffer]
) -> list[CompletionItem]:
    """Offer the last one of a list by commas."""
    head, comma, _ = incomplete.rpartition(",")
    typed = head.split(",")
    others = ((f"{head}{comma}{name}", beside) for name, beside in named if name not in typed)
    return _offered(ctx, option, incomplete, others)


def _offered(
    ctx: click.Context, option: click.Parameter, incomplete: str, named: Iterable[NamedOffer]
) -> list[CompletionItem]:
    typed = ctx.params.get(option.name or "")
    there = {*typed} if isinstance(typed, tuple) else set()
    return [
        CompletionItem(name, help=beside)
        for name, beside in dict(named).items()
        if name.startswith(incomplete) and name not in there and _PLAIN.fullmatch(name)
    ]


def _look(ctx: click.Context, name: str) -> Path:
    """A directory: what is typed, else what environment and qlumod.conf say."""
    path: Path = ctx.params.get(name) or current(ctx).look(name)
    return path


def _root(ctx: click.Context) -> Path:
    return ctx.params.get("root") or Path("/")


def _modules(ctx: click.Context) -> Iterator[NamedOffer]:
    for path in sorted(_look(ctx, "specs").glob("*.module")):
        first, *others = _stanzas(path)
        title = first.get("title", "")
        variants = [variant for variant in others if "variant" in variant]
        if not variants:
            yield first.get("module", path.stem), title
        for variant in variants:
            yield variant["variant"], variant.get("title", title)


def _packages(ctx: click.Context) -> Iterator[NamedOffer]:
    for path in sorted(_look(ctx, "specs").glob("locks/*.lock")):
        for stanza in _stanzas(path):
            if "package" in stanza:
                yield stanza["package"], stanza.get("version", "")


def _of_release(ctx: click.Context, field: str) -> Iterator[NamedOffer]:
    for stanza in _release(ctx)[:1]:
        for name in stanza.get(field.lower(), "").split():
            yield name, ""


def _release(ctx: click.Context) -> list[dict[str, str]]:
    return list(_stanzas(_look(ctx, "specs") / "release"))


def _registry(ctx: click.Context) -> Iterator[dict[str, str]]:
    from qlumod.head.places import Places  # noqa: PLC0415 - only head nodes need it

    yield from _stanzas(Places(_root(ctx)).registry)


def _first(path: Path) -> dict[str, str]:
    return next(iter(_stanzas(path)), {})


def _stanzas(path: Path) -> Iterator[dict[str, str]]:
    """The stanzas of a file, with lower-case names; what is odd in it is passed over.

    The readers of `model` refuse a file with one wrong line, and `model/stanzas` refuses comments.
    A spec is often incomplete while it is edited, and then names are still to be offered.
    """
    stanza: dict[str, str] = {}
    name = ""
    for line in (*read_bytes(path, most=_MOST).decode(errors="replace").split("\n"), ""):
        if not line.strip():
            if stanza:
                yield stanza
            stanza = {}
        elif line.startswith(" "):
            stanza[name] = f"{stanza.get(name, '')} {line.strip()}".strip()
        elif not line.startswith("#"):
            name, _, value = line.partition(":")
            name = name.strip().lower()
            stanza[name] = value.strip()
