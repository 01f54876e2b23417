"""Shells complete modules, images, suites and options: bash, zsh and fish."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import click
import pytest

from qlumod.cli.completing import answered
from qlumod.cli.completion import SCRIPTS
from qlumod.cli.main import cli
from tests.conftest import ROOT
from tests.support.documents import write_specs
from tests.support.terminal import terminal

SNAPSHOT = "20260131T120000Z"


@dataclass(frozen=True)
class Completion:
    """A directory to type in: specs, a repository, a head node, and ``qlumod`` in the PATH."""

    top: Path

    @property
    def environment(self) -> dict[str, str]:
        return {
            **{k: v for k, v in os.environ.items() if not k.startswith("QLUMOD_")},
            "PATH": f"{self.top}/bin:{os.environ['PATH']}",
            "HOME": str(self.top),
            "LC_ALL": "C.UTF-8",
            "TERM": "xterm",
            "PS1": "> ",
            "QLUMOD_CONFIG": os.devnull,
            "QLUMOD_REPOSITORY": "repository",
        }

    def run(self, *argv: str, **environment: str) -> str:
        """What a program prints; it has nothing to complain of."""
        done = subprocess.run(
            argv,
            cwd=self.top,
            env={**self.environment, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stderr == ""
        return done.stdout

    def asked(self, *words: str, **environment: str) -> list[str]:
        """What is offered, as a shell asks for it."""
        asking = {
            "_QLUMOD_COMPLETE": "bash_complete",
            "COMP_WORDS": "\n".join(("qlumod", *words[:-1])),
            "COMP_CURRENT": words[-1],
        }
        return spoken(self.run("qlumod", **asking, **environment))


def spoken(answer: str) -> list[str]:
    """An answer as ``TYPE VALUE (HELP)``, the usual type left out."""
    rows = [line.split("\t") for line in answer.splitlines()]
    return [
        f"{'' if kind == 'plain' else f'{kind} '}{value}{f' ({beside})' if beside else ''}"
        for kind, value, beside in rows
    ]


@pytest.fixture(scope="module")
def completion(tmp_path_factory: pytest.TempPathFactory) -> Completion:
    top = tmp_path_factory.mktemp("completion")
    specs = top / "module-specs"
    write_specs(specs)
    (specs / "samba.module").write_text(
        "Format: 1\nModule: samba\nTitle: Samba\nPackages: samba\n\n"
        "Variant: samba-4.17\n\nVariant: samba-4.22\nTitle: Samba (new)\n"
    )
    (specs / "broken.module").write_bytes(b"Module:\n what is this?\xff\n")
    (specs / "locks").mkdir()
    (specs / "locks/14.0.0-bookworm-amd64.lock").write_text(
        "Format: 1\n\nPackage: munge\nVersion: 0.5.15-2\n\nPackage: slurmd\nVersion: 22.05.8-4\n"
    )
    offered = top / f"repository/snapshots/{SNAPSHOT}/dists/14.0-bookworm"
    offered.mkdir(parents=True)
    (top / "repository/dists").mkdir()
    (top / "repository/dists/14.0-bookworm").symlink_to(
        f"../snapshots/{SNAPSHOT}/dists/14.0-bookworm"
    )
    (top / "head/etc/qlumod/images").mkdir(parents=True)
    (top / "head/etc/qlumod/images/compute.image").write_text(
        "Format: 1\nImage: compute\nDescription: All compute nodes\n"
    )
    (top / "head/var/lib/qlumod").mkdir(parents=True)
    (top / "head/var/lib/qlumod/registry").write_text(
        "".join(
            f"Module: {name}\nVersion: 14.0.0\nFlavor: bookworm\nArchitecture: amd64\n"
            f"Title: {name.title()}\n\n"
            for name in ("core", "samba", "slurm")
        )
    )
    program = top / "bin/qlumod"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m qlumod "$@"\n')
    program.chmod(0o755)
    for shell, script in SCRIPTS.items():
        (top / shell).write_text(script)
    (top / "functions").mkdir()
    (top / "functions/_qlumod").symlink_to("../zsh")
    return Completion(top)


MODULES = ["core (Core)", "samba-4.17 (Samba)", "samba-4.22 (Samba (new))", "slurm (Slurm)"]
HEAD = ("--root", "head")

OFFERS = {
    ("ver",): ["verify-stack (Prove that a stack of modules equals one installation)"],
    ("build", ""): MODULES,
    ("build", "core", "s"): MODULES[1:],
    ("build", "--specs", "elsewhere", ""): [],
    ("verify-stack", "slurm", "c"): ["core (Core)"],
    ("lock", "--update", "s"): [*MODULES[1:], "slurmd (22.05.8-4)"],
    ("build", "--tw"): [
        "--twice (Build each module a second time, and list every path that differs)"
    ],
    ("build", "--spe"): [
        "--specs (The directory of the module specs, the release file and the locks)"
    ],
    ("build", "--specs", "mod"): ["dir mod"],
    (
        "build",
        "--specs=mod",
    ): ["dir mod"],
    ("build", "--log", ""): ["file "],
    ("build", "--flavor", ""): ["bookworm", "trixie"],
    (
        "build",
        "--flavor=t",
    ): ["trixie"],
    ("build", "--flavor", "=", "t"): ["trixie"],
    ("build", "--arch", ""): ["amd64"],
    ("build", "--progress", "p"): ["plain"],
    ("build", "--archive", "d"): ["open debian="],
    ("build", "--archive", "debian=/us"): ["dir debian=/us"],
    ("build", "--archive", "debian", "=", "/us"): ["dir /us"],
    ("publish", ""): ["file "],
    ("publish", "--suite", ""): [f"14.0-bookworm (is {SNAPSHOT})"],
    ("lock", "--against", ""): [f"14.0-bookworm (is {SNAPSHOT})", f"{SNAPSHOT} (of 14.0-bookworm)"],
    ("promote", "1"): [f"14.0-bookworm (is {SNAPSHOT})"],
    ("snapshot", "show", ""): [f"{SNAPSHOT} (of 14.0-bookworm)"],
    ("snapshot", "show", "--repository", "nowhere", ""): [],
    ("sign", ""): [f"14.0-bookworm (is {SNAPSHOT})"],
    ("repo", "check", ""): ["dir "],
    ("show", "s"): MODULES[1:],
    ("show", "--installed", *HEAD, "s"): ["samba (Samba)", "slurm (Slurm)"],
    ("show", "--specs", "elsewhere", *HEAD, "sl"): ["slurm (Slurm)"],
    ("accounts", "c"): ["check (List the accounts of modules that differ on this head node)"],
    ("image", "rem"): ["remove (Remove an image and all its generations)"],
    ("image", "build", *HEAD, ""): ["compute (All compute nodes)"],
    ("image", "create", *HEAD, "x", "--modules", "s"): ["samba (Samba)", "slurm (Slurm)"],
    ("image", "create", *HEAD, "x", "--modules", "slurm,s"): ["slurm,samba (Samba)"],
    ("image", "create", *HEAD, "x", "--version", ""): ["14.0.0"],
    ("image", "create", *HEAD, "x", "--flavor", ""): ["bookworm"],
    ("image", "build", ""): [],
    ("config", "spe"): [
        "specs (The directory of the module specs, the release file and the locks)"
    ],
    ("completion", "f"): ["fish"],
    ("build", "'c"): MODULES[:1],
}


@pytest.mark.parametrize("words", OFFERS, ids=" ".join)
def test_words_are_completed(
    completion: Completion, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(completion.top)
    monkeypatch.setenv("QLUMOD_REPOSITORY", "repository")
    assert spoken(answered(cli, words[:-1], words[-1])) == OFFERS[words]


def test_what_is_configured_counts(completion: Completion, tmp_path: Path) -> None:
    conf = tmp_path / "qlumod.conf"
    conf.write_text(f"Format: 1\nSpecs: {completion.top}/module-specs\n")
    assert completion.asked("build", "c", QLUMOD_CONFIG=str(conf), QLUMOD_SPECS="") == [
        "core (Core)"
    ]
    assert completion.asked("build", "c", QLUMOD_SPECS="nowhere") == []
    conf.write_text("Format: what?\n")
    assert completion.asked("build", "c", QLUMOD_CONFIG=str(conf)) == []
    assert completion.asked("bui", QLUMOD_CONFIG=str(conf))[0].startswith("build (")


ALL_VERBS = """
import os, sys
from qlumod.cli import completing, main
for verb in sys.argv[1:]:
    os.environ.update(COMP_WORDS=f"qlumod\\n{verb}", COMP_CURRENT="--")
    print(f"verb {verb}", flush=True)
    completing.answer(main.cli)
"""


def test_every_option_of_every_verb_is_offered(completion: Completion) -> None:
    context = click.Context(cli)
    names = cli.list_commands(context)
    argv = (sys.executable, "-c", ALL_VERBS, *names)
    _, *answers = completion.run(*argv, PYTHONPATH=str(ROOT)).split("verb ")
    for name, answer in zip(names, answers, strict=True):
        verb = cli.get_command(context, name)
        assert verb is not None
        spelled = [
            word
            for option in verb.params
            if isinstance(option, click.Option)
            for word in (*option.opts, *option.secondary_opts)
            if word.startswith("--")
        ]
        offered = [line.split("\t")[1] for line in answer.splitlines()[1:]]
        assert sorted(offered) == sorted([*spelled, "--help"]), name


WHAT_IS_IMPORTED = """
import sys
from qlumod.cli import completing, main
completing.answer(main.cli)
print("imported", *sys.modules)
"""


@pytest.mark.parametrize("words", ["verify-stack", "image\nbuild"])
def test_an_offer_comes_at_once_since_nothing_heavy_is_imported(
    completion: Completion, words: str
) -> None:
    said = completion.run(
        sys.executable, "-c", WHAT_IS_IMPORTED,
        PYTHONPATH=str(ROOT), COMP_WORDS=f"qlumod\n{words}", COMP_CURRENT="",
    )  # fmt: skip
    imported = said.rpartition("imported ")[2].split()
    assert "qlumod.cli.offers" in imported
    assert set(imported) & {"apt_pkg", "debian.deb822", "jinja2", "rich", "sh", "email"} == set()


def test_bash_calls_the_function_that_is_registered(completion: Completion) -> None:
    asked = (
        "source ./bash; complete -p qlumod;"
        "COMP_WORDS=(qlumod build s); COMP_CWORD=2;"
        ' _qlumod qlumod s build; echo "${COMPREPLY[@]}";'
        "COMP_WORDS=(qlumod build --flavor = tr); COMP_CWORD=4;"
        ' _qlumod qlumod tr =; echo "${COMPREPLY[@]}"'
    )
    assert completion.run("bash", "--norc", "-c", asked).splitlines() == [
        "complete -o nosort -F _qlumod qlumod",
        "samba-4.17 samba-4.22 slurm",
        "trixie",
    ]


def test_tab_completes_on_bashs_command_line(completion: Completion) -> None:
    with terminal(
        "bash",
        "--norc",
        "--noprofile",
        "-i",
        directory=completion.top,
        environment=completion.environment,
    ) as bash:
        bash.type("source ./bash\n", until=r"> $")
        bash.type("qlumod verify-stack sl\t", until=r"slurm $")
        bash.type("\x15qlumod build --archive deb\t", until=r"debian=$")
        bash.type("hea\t", until=r"head/$")
        bash.type("\x15qlumod build --flavor=tr\t", until=r"--flavor=trixie $")
        screen = bash.type("\x15qlumod image build --root nowhere \t!", until=r"!$")
        assert screen.endswith("nowhere !")


def test_tab_completes_on_zshs_command_line_and_shows_descriptions(completion: Completion) -> None:
    with terminal(
        "zsh", "-f", "-i", directory=completion.top, environment=completion.environment
    ) as zsh:
        zsh.type(
            "fpath=(./functions $fpath); autoload -U compinit; compinit -u -D\n", until=r"\n.*> $"
        )
        zsh.type("qlumod verify-stack sl\t", until=r"urm $")
        zsh.type("\x15qlumod build s\t", until=r"slurm +-- Slurm")
        zsh.type("\x15qlumod build --flavor=tr\t", until=r"ixie $")
        zsh.type("\x15qlumod build --archive deb\t", until=r"debian=$")
        zsh.type("hea\t", until=r"head/$")
        zsh.type("\x15qlumod build --specs mod\t", until=r"ule-specs/$")
        screen = zsh.type("\x15qlumod image build --root nowhere \t!", until=r"!$")
        assert screen.endswith("nowhere !")


FISH = {
    "build s": "samba-4.17\tSamba\nsamba-4.22\tSamba (new)\nslurm\tSlurm\n",
    "build --flavor=tr": "--flavor=trixie\n",
    "build --archive deb": "debian=\n",
    "build --archive debian=hea": "debian=head/\tDirectory\n",
    "build --specs mod": "module-specs/\tDirectory\n",
    "image build --root nowhere ": "",
}


def test_fish_completes_with_descriptions(completion: Completion) -> None:
    asked = "; echo ==; ".join(f"complete -C 'qlumod {words}'" for words in FISH)
    answers = completion.run("fish", "--no-config", "-c", f"source ./fish; {asked}").split("==\n")
    assert dict(zip(FISH, answers, strict=True)) == FISH


@pytest.mark.parametrize("shell", SCRIPTS)
def test_a_shell_takes_its_script(completion: Completion, shell: str) -> None:
    completion.run(shell, "-n", shell)
