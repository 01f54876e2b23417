"""qlumod image plan: what a build would do, and what speaks against it."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from qlumod.cli import offers, options
from qlumod.cli.exits import FoundWanting
from qlumod.cli.images.image_arguments import IMAGE, MODULES, VERSION
from qlumod.cli.screen import Reporter
from qlumod.cli.setting_options import setting
from qlumod.cli.wording import columns, size
from qlumod.head.image_plan import ImagePart
from qlumod.head.image_survey import ImageSurvey
from qlumod.head.places import Places
from qlumod.head.verbs.plan_images import ImageWish, plan_image
from qlumod.model.content_changes import counted
from qlumod.model.image import ImageName
from qlumod.model.image_problem import ImageProblem
from qlumod.model.names import ArchName, ModuleName

_SAME = "that of the image"


@options.verb(
    examples=[
        "qlumod image plan compute",
        "qlumod image plan compute --modules slurm,ofed --json",
        "qlumod image plan --modules slurm --version 14.0.0",
    ]
)
@click.argument("name", type=IMAGE, metavar="[IMAGE]", required=False, shell_complete=offers.images)
@click.option(
    "--modules",
    type=MODULES,
    shell_complete=offers.registered("module", beside="title"),
    help="The modules of the image instead of those of its definition.",
)
@click.option(
    "--version",
    type=VERSION,
    shell_complete=offers.registered("version"),
    help="The version instead of that of its definition.",
)
@setting("flavor", otherwise=_SAME, offer=offers.registered("flavor"))
@setting("arch", otherwise=_SAME, offer=offers.registered("architecture"))
@options.root
@options.reports()
def plan(
    *,
    name: ImageName | None,
    modules: Sequence[ModuleName] | None,
    arch: ArchName | None,
    root: Path,
    reporter: Reporter,
    **given: Any,
) -> None:
    """Show what a build of an image would do, and why it cannot be built.

    Nothing is written, no lock is waited for, and any user can do this. Without IMAGE, an image of
    --modules is planned that need not be defined. The exit status is 3 if there are problems. The
    document of --json has the digest `inputs`; `image build --if-inputs` builds only from these.
    """
    found = plan_image(
        Places(root), ImageWish(name=name, modules=modules, architecture=arch, **given)
    )
    reporter.result(survey_document(found), _lines(found))
    if found.problems:
        raise FoundWanting


def survey_document(found: ImageSurvey) -> dict[str, object]:
    """A plan as --json prints it."""
    plan = found.plan
    return {
        "image": found.image.name,
        "follows": found.image.version,
        "version": str(found.modules[0].entry.version) if found.modules else None,
        "flavor": found.image.flavor,
        "architecture": found.image.architecture,
        "modules": [_module_document(one) for one in found.modules],
        "passed_over": found.passed_over,
        "kernel_release": found.kernel or None,
        "packages": sum(one.manifest.packages for one in found.modules),
        "layers_size": sum(one.layer_size for one in found.modules),
        "unpacked_size": sum(one.manifest.unpacked_size for one in found.modules),
        "problems": [problem_document(one) for one in found.problems],
        "inputs": plan.inputs if plan else None,
        "outdated": bool(found.changes),
        "changes": found.changes,
        "missing_secrets": None
        if found.missing is None
        else [secret.path for secret in found.missing],
    }


def _module_document(one: ImagePart) -> dict[str, object]:
    return {
        "module": one.entry.module,
        "version": str(one.entry.version),
        "package_version": one.entry.package_version,
        "packages": one.manifest.packages,
        "layer_size": one.layer_size,
        "unpacked_size": one.manifest.unpacked_size,
    }


def problem_document(problem: ImageProblem) -> dict[str, object]:
    """A problem as --json prints it."""
    mend = problem.mend
    return {
        "kind": str(problem.kind),
        "module": problem.module,
        "other": problem.other,
        "text": problem.text,
        "remedy": problem.remedy,
        "mend": {
            "add": mend.add,
            "remove": mend.remove,
            "install": mend.install,
            "version": mend.version or None,
        },
    }


def _lines(found: ImageSurvey) -> Iterator[str]:
    image = found.image
    version = str(found.modules[0].entry.version) if found.modules else image.version
    yield f"image {image.name}: {version}, {image.flavor}, {image.architecture}"
    yield from (
        f"  {row}"
        for row in columns(
            (
                one.entry.module,
                one.entry.package_version or str(one.entry.version),
                counted(one.manifest.packages, "package"),
                size(one.layer_size),
            )
            for one in found.modules
        )
    )
    yield f"  kernel {found.kernel or 'none'}, " + size(
        sum(one.layer_size for one in found.modules)
    )
    yield from (f"  a newer version is passed over: {reason}" for reason in found.passed_over)
    for problem in found.problems:
        yield f"problem: {problem.text}"
        yield f"  to mend it: {problem.remedy}" if problem.remedy else ""
    yield from (f"  the site's secret {secret.path} is missing" for secret in found.missing or ())
    if found.plan and not found.changes:
        yield "up to date"
    elif found.plan:
        yield "would be built:"
        yield from (f"  {change}" for change in found.changes)
