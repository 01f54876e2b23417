"""What the solver is asked and answers comes out of JSON as it went in."""

import json
from pathlib import Path

from qlumod.errors import Faults, QlumodError
from qlumod.lock.solver.contract import (
    AptChange,
    Chosen,
    Frame,
    Module,
    OldPackage,
    Problem,
    Question,
    Reply,
    Request,
    Solution,
    SourceEntry,
    faults_as_json,
    faults_from_json,
)
from qlumod.model.generated import Generated
from qlumod.model.lock import LockedPackage
from qlumod.model.names import Digest, ModuleName, PackageName

ASKED = Request(name="munge", operator=">=", version="0.5", place="slurm.module:5: Packages: ")


def through_json(value: object) -> object:
    return json.loads(json.dumps(value))


def test_a_problem() -> None:
    problem = Problem(
        root="/root",
        architecture="amd64",
        sources=(
            SourceEntry(
                archive="debian", stanza="Types: deb\n", components=("main", "contrib"),
                suites=(("bookworm", "uri/dists/bookworm/"), ("bookworm-updates", "uri/")),
            ),
        ),
        shared=("debian",),
        modules=(
            Module(
                name="slurm", path="slurm.module", requires=("core",), excludes=("gridengine",),
                archives=("vendor",), requests=(ASKED,), kernel_modules=(Request(name="x-dkms"),),
                build=(), recommends=True, prefer=("a",),
            ),
        ),
        old=(
            OldPackage(
                package="munge", version="0.5", modules=("slurm",), builds=("ofed",),
                archive="debian", moving=True,
            ),
        ),
    )  # fmt: skip
    assert Problem.from_json(through_json(problem.as_json)) == problem


def test_a_reply() -> None:
    made = LockedPackage(
        package=PackageName("x-kernel-6.1"), version="1", architecture="amd64", source="x",
        sha256=Digest(""), size=0, filename="", archive="generated",
        modules=(ModuleName("a"), ModuleName("b")), reason="kernel modules of a",
        generated=Generated(
            sources=PackageName("x-dkms"), sources_version="1", kernel="6.1", depends=("libc6",)
        ),
    )  # fmt: skip
    reply = Reply(packages=(made,), indexes=(("debian", "bookworm", "uri_"),), gone=(0, 3))
    assert Reply.from_json(through_json(reply.as_json)) == reply


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
        new=(Chosen(package="munge", version="1", stanza="Package: munge\n", index="i"),),
        reasons={"munge": "why"},
        changes=(AptChange(package="a", old="1", new=""),),
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
