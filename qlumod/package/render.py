"""Rendering a module's source package from templates, which only loop and print."""

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from qlumod.model.lines import lines_of
from qlumod.model.names import REDISTRIBUTE
from qlumod.model.spec import ModuleSpec
from qlumod.package.changelog import WIDTH, date, items, older, year
from qlumod.package.overrides import FIRST, UNCOMPRESSED, Override
from qlumod.package.place import templates
from qlumod.package.source_plan import Binary, SourcePlan, required_payloads

README = """\
This is the source package of an image module. Nothing is compiled here: what the module is made
from lies in debian/qlumod/, and dh-sequence-qlumod makes it.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class BinaryView:
    """A binary package as a template sees it."""

    name: str
    synopsis: str
    description: tuple[str, ...]
    """The extended description's lines, each with its leading space."""
    marks: tuple[str, ...]
    """Further fields."""
    depends: tuple[str, ...]
    overrides: tuple[Override, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceView:
    """A source package as the templates see it: finished texts without decisions."""

    name: str
    version: str
    module: str
    payload: str
    marks: tuple[str, ...]
    """Further fields of the source package."""
    distribution: str
    maintainer: str
    date: str
    year: int
    items: tuple[str, ...]
    """The newest changelog entry's items, wrapped."""
    older: str
    """The changelog entries before it, preceded by an empty line, or nothing."""
    required: tuple[str, ...]
    """The payload packages over which the layer is built."""
    sources: tuple[str, ...]
    """The source packages of the layer's packages, with their versions."""
    areas: tuple[tuple[str, tuple[str, ...]], ...]
    """The packages outside the main area of their distribution, by area."""
    binaries: tuple[BinaryView, ...]


def source_view(plan: SourcePlan) -> SourceView:
    """Extract the texts that the templates print from a plan."""
    return SourceView(
        name=plan.source,
        version=plan.version,
        module=plan.module,
        payload=plan.payload,
        marks=_marks(plan.spec, "XS"),
        distribution=plan.lock.flavor,
        maintainer=plan.release.maintainer,
        date=date(plan.epoch),
        year=year(plan.epoch),
        items=items(plan),
        older=f"\n{below}" if (below := older(plan)) else "",
        required=required_payloads(plan, "~"),
        sources=tuple(sorted({line.whole_source for line in plan.packages})),
        areas=plan.areas,
        binaries=tuple(_binary_view(plan, binary) for binary in plan.binaries),
    )


def render(plan: SourcePlan) -> dict[str, str]:
    """All files of the source package, by path relative to its top directory."""
    source = source_view(plan)
    print_template = template_printer({"source": source})
    files = {
        "README": README,
        **{
            f"debian/{name}": print_template(name)
            for name in (
                "changelog",
                "control",
                "copyright",
                "rules",
                "source/format",
                "source/lintian-overrides",
            )
        },
        f"debian/{plan.payload}.qlumod": print_template("payload.qlumod"),
        **{
            f"debian/{binary.name}.lintian-overrides": print_template(
                "lintian-overrides", package=binary.name, overrides=binary.overrides
            )
            for binary in source.binaries
        },
        **{f"debian/qlumod/{name}": text for name, text in plan.inputs},
        **{f"debian/qlumod/{name}": text for name, text in _before(plan).items()},
    }
    return dict(sorted(files.items()))


def _before(plan: SourcePlan) -> Mapping[str, str]:
    """Data for finding the changed files: today's files are known only in the build."""
    return plan.before.files if plan.before else {}


def overrides_text(package: str, overrides: Sequence[Override]) -> str:
    """Format overrides of lintian's tags as a file of a package."""
    return str(template_printer({})("lintian-overrides", package=package, overrides=overrides))


def template_printer(shared: Mapping[str, Any]) -> Any:
    """A function that fills in a template, which may ask for no more than it is given."""
    environment = Environment(
        loader=FileSystemLoader(templates()),
        undefined=StrictUndefined,
        autoescape=False,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return lambda name, **more: environment.get_template(name).render(**shared, **more)


def _binary_view(plan: SourcePlan, binary: Binary) -> BinaryView:
    return BinaryView(
        name=binary.name,
        synopsis=_literal(binary.synopsis),
        description=tuple(f" {_literal(line) or '.'}" for line in _description(plan.spec, binary)),
        marks=_marks(plan.spec, "XB"),
        depends=binary.depends,
        overrides=(UNCOMPRESSED,) if plan.before else (UNCOMPRESSED, FIRST),
    )


def _literal(text: str) -> str:
    """A text in which dpkg-gencontrol replaces nothing: ``${}`` is a dollar (deb-substvars(5))."""
    return text.replace("$", "${}")


def _marks(spec: ModuleSpec, kind: str) -> tuple[str, ...]:
    return () if spec.redistribute else (f"{kind}-{REDISTRIBUTE}: no",)


def _description(spec: ModuleSpec, binary: Binary) -> tuple[str, ...]:
    """The extended description: the spec's synopsis, its text, and the role of this package."""
    synopsis, *text = (line.rstrip() for line in lines_of(spec.description) or [""])
    paragraphs = (
        textwrap.wrap(synopsis if synopsis.endswith(".") else f"{synopsis}.", WIDTH),
        text,
        textwrap.wrap(binary.text, WIDTH),
    )
    first, *others = (paragraph for paragraph in paragraphs if any(paragraph))
    return (*first, *(line for paragraph in others for line in ("", *paragraph)))
