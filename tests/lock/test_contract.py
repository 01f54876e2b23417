"""What the solver is asked and answers comes out of JSON as it went in."""

import json
from pathlib import Path

from qlumod.errors import Faults, QlumodError
from qlumod.model.generated import Generated
from qlumod.model.lock import LockedPackage
from qlumod.model.names import Digest, ModuleName, PackageName
from qlumod.packaging.debian.solving.solver_order import (
    Frame,
    Question,
    SolverOrder,
    SourceEntry,
    faults_as_json,
    faults_from_json,
    solved_as_json,
    solved_from_json,
)
from qlumod.packaging.solving.problem import Module, OldPackage, Problem, Request
from qlumod.packaging.solving.solution import (
    Chosen,
    PackageOffer,
    Solution,
    Solved,
    VersionChange,
)

ASKED = Request(name="munge", operator=">=", version="0.5", place="slurm.module:5: Packages: ")


def through_json(value: object) -> object:
    return json.loads(json.dumps(value))


def test_a_problem() -> None:
    order = SolverOrder(
        root="/root",
        architecture="amd64",
        sources=(
            SourceEntry(
                archive="debian", stanza="Types: deb\n", components=("main", "contrib"),
                suites=(("bookworm", "uri/dists/bookworm/"), ("bookworm-updates", "uri/")),
            ),
        ),
        shared=("debian",),
        problem=Problem(
            modules=(
                Module(
                    name="slurm", path="slurm.module", requires=("core",), excludes=("gridengine",),
                    archives=("vendor",), requests=(ASKED,),
                    kernel_modules=(Request(name="x-dkms", options=("A=b",)),),
                    build=(), recommends=True,
                    prefer=("a",),
                ),
            ),
            old=(
                OldPackage(
                    package="munge", version="0.5", modules=("slurm",), builds=("ofed",),
                    archive="debian", moving=True, reason="requested by slurm",
                ),
            ),
            sought=("zfs-utils",),
        ),
    )  # fmt: skip
    assert SolverOrder.from_json(through_json(order.as_json)) == order


def test_what_was_solved() -> None:
    made = LockedPackage(
        package=PackageName("x-kernel-6.1"), version="1", architecture="amd64", source="x",
        sha256=Digest(""), size=0, filename="", archive="generated",
        modules=(ModuleName("a"), ModuleName("b")), reason="kernel modules of a",
        generated=Generated(
            sources=PackageName("x-dkms"), sources_version="1", kernel="6.1", depends=("libc6",),
            options=("A=b",),
        ),
    )  # fmt: skip
    solved = Solved(
        packages=(made,),
        indexes=(("debian", "bookworm", "uri_"),),
        gone=(0, 3),
        offers=(
            PackageOffer(
                package="zfs-utils", version="2", archive="contrib", kernel_modules=("zfs-dkms",)
            ),
        ),
    )
    assert solved_from_json(through_json(solved_as_json(solved))) == solved


def test_a_question_and_its_solution() -> None:
    frame = Frame(
        status=Path("/s"),
        preferences=Path("/p"),
        sources=Path("/l"),
        cache=Path("/c"),
        first=("u",),
    )
    question = Question(frame=frame, requests=(ASKED,), why={"munge": "why"}, prefer=("a",))
    assert Question.from_json(through_json(question.as_json)) == question
    solution = Solution(
        new=(Chosen(package="munge", version="1", record="Package: munge\n", index="i"),),
        reasons={"munge": "why"},
        changes=(VersionChange(package="a", old="1", new=""),),
        unmet=("b",),
    )
    assert Solution.from_json(through_json(solution.as_json)) == solution


def test_faults_with_all_that_they_say() -> None:
    one = QlumodError("slurm cannot be installed", details=("a", "b"), remedy="mend it")
    both = Faults((one, QlumodError("neither")))
    assert list(map(str, faults_from_json(through_json(faults_as_json(both))))) == [
        str(one), "neither",
    ]  # fmt: skip
    assert list(map(str, faults_from_json(through_json(faults_as_json(one))))) == [str(one)]
