"""The command line itself: help, exit codes, errors, completion."""

import importlib
import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import click
import pytest

from qlumod.cli import options
from qlumod.cli.exits import MEANINGS
from qlumod.cli.main import VERBS, cli, module_of
from qlumod.cli.settings.table import SETTINGS
from tests.conftest import ROOT, CommandLine
from tests.support.debris import descendants

PLAY = ROOT / "tests" / "cli" / "play.py"


def all_verbs() -> list[tuple[str, click.Command]]:
    """Every verb that is installed, also those of groups: ``image build``."""
    context = click.Context(cli)
    found: list[tuple[str, click.Command]] = []
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command is not None
        found.append((name, command))
        if isinstance(command, click.Group):
            found += [(f"{name} {part}", inner) for part, inner in command.commands.items()]
    return found


EACH_VERB = pytest.mark.parametrize(
    "words, verb", [pytest.param(words, verb, id=words) for words, verb in all_verbs()]
)


@EACH_VERB
def test_every_verb_shows_an_example_that_types_the_verb(words: str, verb: click.Command) -> None:
    assert isinstance(verb, options.Verb | options.VerbGroup), "made with options.verb"
    assert verb.examples
    assert all(f"qlumod {words}" in example for example in verb.examples)
    shown = verb.get_help(click.Context(verb, info_name=f"qlumod {words}"))
    assert "Example" in shown
    assert all(f"$ {example}" in shown for example in verb.examples)


@EACH_VERB
def test_every_verb_says_what_it_does_in_a_sentence(words: str, verb: click.Command) -> None:
    first = (verb.help or "").partition("\n")[0]
    assert first.endswith("."), first
    assert all(option.help for option in verb.params if isinstance(option, click.Option)), (
        "every option has a help text"
    )


@EACH_VERB
def test_options_mean_the_same_everywhere(words: str, verb: click.Command) -> None:
    meaning = {
        "--specs": "specs",
        "--cache": "cache",
        "--json": "as_json",
        "--log": "log",
        "--dry-run": "dry_run",
        "-n": "dry_run",
        "-q": "quiet",
        "-v": "verbose",
        "-o": "output",
        "--flavor": "flavor",
        "--arch": "arch",
    }
    for option in verb.params:
        for spelled in option.opts:
            if spelled in meaning:
                assert option.name == meaning[spelled]


def test_an_option_has_one_form_and_a_setting_one_explanation() -> None:
    told = {
        (words, spelled): option
        for words, verb in all_verbs()
        for option in verb.params
        if isinstance(option, click.Option)
        for spelled in option.opts
    }
    # Steps of a package build have options of their own.
    told = {at: option for at, option in told.items() if not at[0].startswith("payload")}
    # What is listed of an image: it takes no value.
    del told["image show", "--packages"]
    assert {
        spelled: len(forms)
        for spelled in {spelled for _, spelled in told}
        if len(forms := {one.metavar for (_, other), one in told.items() if other == spelled}) > 1
    } == {}
    # It only names the suites whose .sources are printed.
    del told["repo init", "--suite"], told["repo keyring", "--suite"]
    for (words, spelled), option in told.items():
        for setting in SETTINGS:
            if spelled == setting.option:
                assert (option.help or "").startswith(setting.help), words


@EACH_VERB
def test_every_verb_that_reports_has_json(words: str, verb: click.Command) -> None:
    silent = {"completion", "image shell"}
    if not isinstance(verb, click.Group) and words not in silent:
        assert any(option.name == "as_json" for option in verb.params)


@pytest.mark.parametrize("verb", [name for section in VERBS.values() for name in section])
def test_every_verb_of_the_table_has_its_file(verb: str) -> None:
    assert importlib.util.find_spec(module_of(verb)), f"{module_of(verb)} is missing"


@pytest.mark.parametrize("verb", ["modules", "register", "image", "which", "show", "accounts"])
def test_verbs_of_the_head_node_need_nothing_of_the_build_host(verb: str) -> None:
    blocked = textwrap.dedent(
        f"""
        import sys
        for name in ("apt", "apt_pkg", "apt_inst", "qlumod.lock", "qlumod.package"):
            sys.modules[name] = None
        import {module_of(verb)}
        """
    )
    subprocess.run([sys.executable, "-c", blocked], cwd=ROOT, check=True)


def test_help_names_the_verbs_in_the_order_of_the_flow(qlumod: CommandLine) -> None:
    answer = qlumod("--help")
    assert answer.status == 0
    named = re.findall(r"^  ([a-z-]+)  ", answer.out, flags=re.MULTILINE)
    order = [name for section in VERBS.values() for name in section]
    assert [name for name in named if name in order] == order


def test_help_and_readme_tell_the_same_exit_codes(qlumod: CommandLine) -> None:
    told = " ".join(qlumod("--help").out.split())
    readme = (ROOT / "README.md").read_text()
    for code, meaning in MEANINGS.items():
        assert f"{int(code)} {meaning}" in told
        assert f"| {int(code)} | {meaning} |" in readme


def test_the_version_is_told(qlumod: CommandLine) -> None:
    answer = qlumod("--version")
    assert answer.status == 0
    assert re.fullmatch(r"qlumod \d+\.\d+\.\d+\n", answer.out)


@pytest.mark.parametrize("name", ["my cache", "a:b", "a,b", "a[b]"])
def test_a_cache_whose_path_apt_or_overlayfs_cannot_read_is_wrong_usage(
    qlumod: CommandLine, name: str
) -> None:
    answer = qlumod("fetch", "--cache", name)
    assert answer.status == 2
    char = next(char for char in name if char in " :,[")
    assert answer.err.endswith(
        f"Error: Invalid value for '--cache': {qlumod.directory / name} holds {char!r}, "
        "which is special to apt and overlayfs\n"
    )


@pytest.mark.parametrize("directory", ["cache", "store", "work"])
def test_a_directory_where_others_decide_what_is_built_is_refused(
    directory: str, qlumod: CommandLine, tmp_path: Path
) -> None:
    place = tmp_path / "shared"
    place.mkdir()
    place.chmod(0o777)
    answer = qlumod("build", f"--{directory}", place)
    assert (answer.status, answer.err) == (
        1,
        f"qlumod: error: everybody may write to {place} (mode 0777), and so decide what qlumod does"
        f" there\nTo mend it: see what others have put there (ls -la {place}), then: chmod go-w"
        f" {place}\n",
    )
    place.chmod(0o755)
    os.chown(place, 4711, 4711)
    answer = qlumod("build", f"--{directory}", place, "--json")
    assert answer.status == 1
    assert answer.document["errors"][0]["brief"] == (
        f"{place} belongs to 4711, who decides what qlumod does there"
    )
    assert list(place.iterdir()) == []


def test_an_unknown_verb_is_wrong_usage(qlumod: CommandLine) -> None:
    answer = qlumod("bild")
    assert answer.status == 2
    assert answer.err == (
        "Usage: qlumod [OPTIONS] COMMAND [ARGS]...\n"
        "Try 'qlumod -h' for help.\n"
        "\n"
        "Error: No such command 'bild'. Did you mean 'build'?\n"
    )


class SampleVerb(CommandLine):
    """A verb that only the tests have, run through the real ``main``."""

    @property
    def log(self) -> str:
        (path,) = (self.cache / "logs").iterdir()
        return str(path)


@pytest.fixture
def sample(qlumod: CommandLine) -> SampleVerb:
    return SampleVerb(qlumod.directory, qlumod.cache, program=(str(PLAY),))


def test_plain_lines_where_there_is_no_terminal(sample: SampleVerb) -> None:
    assert sample("well") == (
        0,
        "slurm  14.0.0-1\n",
        "building slurm …\nbuilding slurm: done\ncaution: this is large\n",
    )


def test_json_is_one_document_and_progress_goes_elsewhere(sample: SampleVerb) -> None:
    status, out, err = sample("well", "--json")
    assert (status, out) == (0, '{\n "format": 1,\n "built": [\n  "slurm"\n ]\n}\n')
    assert "building slurm: done\n" in err


def test_quiet_says_the_result_only(sample: SampleVerb) -> None:
    assert sample("well", "-q") == (0, "slurm  14.0.0-1\n", "")


def test_verbose_shows_what_programs_print(sample: SampleVerb) -> None:
    assert "  apt-get: Setting up munge\n" in sample("well", "--verbose")[2]


def test_found_wanting_is_an_exit_code_of_its_own(sample: SampleVerb) -> None:
    status, out, _ = sample("wanting")
    assert (status, out) == (3, "slurm  14.0.0-1\n")


def test_an_error_says_what_where_how_to_mend_it_and_where_the_log_is(sample: SampleVerb) -> None:
    status, out, err = sample("error", "-q")
    assert (status, out) == (1, "")
    assert err == (
        "qlumod: error: module-specs/slurm.module:14: Packages: cannot parse 'slurmd (> 22'\n"
        "  E: one\n"
        "  E: two\n"
        "To mend it: close the parenthesis\n"
        f"The full log: {sample.log}\n"
    )


def test_an_error_is_a_document_too(sample: SampleVerb) -> None:
    status, out, _ = sample("error", "--json")
    assert status == 1
    assert '"remedy": "close the parenthesis"' in out


def test_the_log_file_has_every_line_of_every_program(sample: SampleVerb) -> None:
    sample("error")
    written = re.sub(r"\[ *\d+\.\d+\]", "[T]", Path(sample.log).read_text())
    assert written.partition("\n")[2] == (
        "[T] building slurm …\n"
        "[T]   apt-get: Setting up munge\n"
        "error: module-specs/slurm.module:14: Packages: cannot parse 'slurmd (> 22'\n"
        "  E: one\n"
        "  E: two\n"
        "To mend it: close the parenthesis\n"
    )


def test_a_log_file_may_be_named(sample: SampleVerb) -> None:
    sample("well", "--log", "here.log")
    assert "Setting up munge" in (sample.directory / "here.log").read_text()


def test_a_missing_python_apt_is_named_as_the_package_to_install(sample: SampleVerb) -> None:
    status, _, err = sample("missing", "-q")
    assert status == 1
    assert err.startswith("qlumod: error: cannot import apt_pkg: python3-apt is not installed for ")
    assert "To mend it: apt install qlumod (its Python is /usr/bin/python3)\n" in err


@pytest.mark.parametrize(
    "reader, said",
    [
        (">/dev/full", "qlumod: error: cannot use an output: No space left on device\n"),
        ("| true", ""),
        (">&-", ""),
    ],
    ids=["a full disk", "a reader that has seen enough", "a closed output"],
)
def test_an_answer_that_nobody_takes_shows_no_traceback(
    sample: SampleVerb, reader: str, said: str
) -> None:
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} {PLAY} well -q {reader}"],
        env=sample.variables,
        cwd=sample.directory,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert done.stderr.partition("The full log")[0] == said


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_an_interruption_ends_the_program_that_runs(
    sample: SampleVerb, sent: signal.Signals
) -> None:
    process = sample.start("sleep", stderr=subprocess.PIPE)
    child = _child_of(process.pid, "sleep")
    process.send_signal(sent)
    _, err = process.communicate(timeout=10)
    assert process.returncode == 130
    assert err.endswith("qlumod: interrupted\n")
    assert not Path(f"/proc/{child}").exists()


def _child_of(pid: int, name: str) -> int:
    for _ in range(500):
        for process in descendants(of=pid):
            if process.name == name:
                return process.pid
        time.sleep(0.02)
    raise AssertionError(f"{name} was never started")
