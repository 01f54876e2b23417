"""Settings: the command line over the environment over the user's file over the host's."""

import re
from pathlib import Path

import pytest

from qlumod.cli.settings import reading as configuration
from qlumod.cli.settings.conffile import conffile
from qlumod.cli.settings.reading import parse, read
from qlumod.cli.settings.table import BY_NAME, SETTINGS
from qlumod.cli.settings.values import size_limit
from qlumod.errors import QlumodError
from qlumod.system.processes.limits import usual_memory
from tests.conftest import ROOT, CommandLine

PAGE = (ROOT / "docs/configuration.md").read_text()
EXAMPLE = re.search(r"^```deb822 qlumod.conf\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
FIELDS = [setting for setting in SETTINGS if not setting.stanza]


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """The user's file and the host's, which are not there yet."""
    user, host = tmp_path / "config/qlumod/qlumod.conf", tmp_path / "etc/qlumod/qlumod.conf"
    for path in (user, host):
        path.parent.mkdir(parents=True)
    return user, host


def found(files: tuple[Path, Path], **environment: str) -> dict[str, tuple[str, str]]:
    """What each setting is that is said, and by whom; the directory of the files as ``TOP``."""
    top = files[1].parents[2]
    said = read({"XDG_CONFIG_HOME": str(top / "config"), **environment}, host=files[1]).said
    return {
        name: (str(value.value), value.said.replace(str(top), "TOP"))
        for name, value in said.items()
    }


def test_the_environment_wins_over_the_users_file_and_that_over_the_hosts(
    files: tuple[Path, Path],
) -> None:
    user, host = files
    host.write_text("Format: 1\nCache: /host\nFlavor: trixie\nWait: 5\n")
    user.write_text("Format: 1\n\n# Mine.\nCache: /user\nWait: 7\n")
    assert found(files, QLUMOD_WAIT="9", QLUMOD_FLAVOR="") == {
        "wait": ("9.0", "QLUMOD_WAIT"),
        "cache": ("/user", "TOP/config/qlumod/qlumod.conf:4"),
        "flavor": ("trixie", "TOP/etc/qlumod/qlumod.conf:3"),
    }


def test_another_file_is_read_in_place_of_both(files: tuple[Path, Path], tmp_path: Path) -> None:
    files[0].write_text("Format: 1\nCache: relative\n")
    (tmp_path / "other").write_text("Format: 1\nArch: arm64\n")
    assert found(files, QLUMOD_CONFIG=str(tmp_path / "other")) == {"arch": ("arm64", "TOP/other:2")}
    assert found(files, QLUMOD_CONFIG="/dev/null") == {}
    with pytest.raises(QlumodError, match="cannot read /nowhere: No such file or directory"):
        found(files, QLUMOD_CONFIG="/nowhere")


def test_the_users_file_is_in_the_home_directory_unless_xdg_says_where(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HOME", "/home/eve")
    usual = Path("/home/eve/.config/qlumod/qlumod.conf")
    assert configuration.user_path({}) == usual
    assert configuration.user_path({"XDG_CONFIG_HOME": "relative"}) == usual
    assert configuration.user_path({"XDG_CONFIG_HOME": "/x"}) == Path("/x/qlumod/qlumod.conf")


def test_a_tilde_is_the_home_directory_in_files_and_variables(
    files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/eve")
    files[0].write_text("Format: 1\nCache: ~/cache\n")
    assert found(files, QLUMOD_OUTPUT="~/built") == {
        "output": ("/home/eve/built", "QLUMOD_OUTPUT"),
        "cache": ("/home/eve/cache", "TOP/config/qlumod/qlumod.conf:2"),
    }


def test_all_faults_of_both_files_and_of_the_environment_come_at_once(
    files: tuple[Path, Path],
) -> None:
    user, host = files
    user.write_text(
        "Format: 1\nCahce: /x\nSpecs: module-specs\nWait: soon\nStore: /a b\n\nWait: 2\n"
    )
    host.write_text("Cache: /x\n\nArchive: debian\nArchive: debian\n")
    with pytest.raises(QlumodError) as caught:
        found(files, QLUMOD_FLAVOR="Bookworm", QLUMOD_ARCHIVE="a=http://x b")
    assert str(caught.value).replace(str(host.parents[2]), "TOP").splitlines() == [
        "QLUMOD_FLAVOR: 'Bookworm' is no flavor: it is a code name such as 'bookworm'",
        "QLUMOD_ARCHIVE: 'b' has not the form NAME=URI",
        "TOP/config/qlumod/qlumod.conf:2: unknown field 'Cahce'; did you mean 'Cache'?",
        "TOP/config/qlumod/qlumod.conf:3: Specs: 'module-specs' must be absolute: it must begin"
        " with '/' or '~/'",
        "TOP/config/qlumod/qlumod.conf:4: Wait: 'soon' is no number of seconds",
        "TOP/config/qlumod/qlumod.conf:5: Store: /a b holds ' ', which is special to apt and"
        " overlayfs",
        "TOP/config/qlumod/qlumod.conf:7: Wait: the setting stands twice: first in line 4",
        "TOP/etc/qlumod/qlumod.conf:1: Format: a document begins with 'Format: 1'",
        "TOP/etc/qlumod/qlumod.conf:3: Archive: a stanza of an archive has either URI or Directory",
        "TOP/etc/qlumod/qlumod.conf:4: Archive: the field stands here twice: first in line 3",
    ]


REFUSALS = {
    "Format: 2\nCache: x\n": (
        "qlumod.conf:1: Format: this qlumod reads format 1, not '2'\n"
        "To mend it: install a newer qlumod"
    ),
    "Format: 1\n\nArchive: debian\nURI: http://x\nWait: 1\n": (
        "qlumod.conf:5: unknown field 'Wait'; known are Archive, Directory, Expired-Because, Key,"
        " URI"
    ),
    "Format: 1\n\nArchive: debian\nDirectory: debs\n": (
        "qlumod.conf:4: Directory: 'debs' must be absolute: it must begin with '/' or '~/'"
    ),
    "Format: 1\n\nArchive: debian\nDirectory: /debs\nKey: /key\n": (
        "qlumod.conf:5: Key: a directory of .debs has no key"
    ),
    "Format: 1\n\nArchive: a\nURI: http://x\n\nArchive: a\nURI: http://y\n": (
        "qlumod.conf:6: Archive: 'a' is named twice: first in line 3"
    ),
    "Format: 1\nCache: ~nobody-knows/x\n": (
        "qlumod.conf:2: Cache: '~nobody-knows/x' is in the home directory of an unknown user"
    ),
    "Format: 1\nProgress: loud\n": (
        "qlumod.conf:2: Progress: 'loud' is none of auto, plain, json, none"
    ),
    "Format: 1\nValid-For: 0\n": "qlumod.conf:2: Valid-For: '0' is no number of days",
}


@pytest.mark.parametrize("text", REFUSALS)
def test_what_is_wrong_with_a_file_is_told(text: str) -> None:
    with pytest.raises(QlumodError) as caught:
        parse(text, "qlumod.conf")
    assert str(caught.value) == REFUSALS[text]


def test_a_file_without_fields_says_nothing() -> None:
    assert parse("", "qlumod.conf") == ({}, ())
    assert parse("# Cache: /x\n\n", "qlumod.conf") == ({}, ())
    assert parse("Format: 1\n", "qlumod.conf") == ({}, ())


def test_a_file_that_may_not_be_read_is_told(
    qlumod: CommandLine, files: tuple[Path, Path], tmp_path: Path
) -> None:
    (tmp_path / "folder").mkdir()
    answer = qlumod("config", QLUMOD_CONFIG=str(tmp_path / "folder"))
    assert answer.status == 1
    assert answer.err == f"qlumod: error: cannot read {tmp_path}/folder: Is a directory\n"


def test_the_hosts_file_as_installed_says_nothing_and_shows_every_setting() -> None:
    text = conffile()
    assert parse(text, "qlumod.conf") == ({}, ())
    assert all(len(line) <= 100 for line in text.splitlines())
    with_all = re.sub(r"^#(?=\w)", "", text, flags=re.MULTILINE)
    said, (debian,) = parse(with_all, "qlumod.conf")
    assert list(said) == [setting.name for setting in FIELDS]
    assert debian.archive == "debian"
    for setting in SETTINGS:
        assert f"Default: {setting.otherwise}." in text.replace("\n# ", " ")


def test_the_page_has_the_table_of_all_settings() -> None:
    rows = [
        f"| `{s.name}` | {s.kind.name}{' …' if s.many else ''} | {s.help} | {s.otherwise} |"
        for s in SETTINGS
    ]
    heading = "| setting | value | what it is | default |\n|---|---|---|---|\n"
    assert heading + "\n".join(rows) + "\n\n" in PAGE


def test_the_example_of_the_page_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    assert EXAMPLE
    said, addresses = parse(EXAMPLE[1], "qlumod.conf")
    assert sorted(said) == ["cache", "key", "repository", "specs"]
    assert [address.archive for address in addresses] == ["debian", "vendor", "site"]


def test_every_value_is_read_as_it_is_shown() -> None:
    for setting in FIELDS:
        value = setting.kind.parse(setting.example)
        assert setting.kind.parse(setting.kind.shown(value)) == value


# What people type.


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    """The file that QLUMOD_CONFIG names."""
    path = tmp_path / "qlumod.conf"
    path.write_text("Format: 1\nCache: /from/file\nFlavor: trixie\n")
    return path


def test_config_tells_every_value_and_who_says_so(qlumod: CommandLine, conf: Path) -> None:
    conf.write_text(f"{conf.read_text()}\nArchive: debian\nURI: https://mirror.example/debian\n")
    answer = qlumod("config", QLUMOD_CONFIG=str(conf), QLUMOD_OUTPUT="packages", QLUMOD_CACHE="")
    assert answer.status == 0, answer.err
    assert [re.split(r"  +", line) for line in answer.out.splitlines()] == [
        ["specs", "module-specs", "default"],
        ["cache", "/from/file", f"{conf}:2"],
        ["store", "/from/file/packages", "default"],
        ["work", "/from/file/work", "default"],
        ["jobs", "-", "default"],
        ["limit-silence", "150m", "default"],
        ["limit-processes", "4096", "default"],
        ["limit-memory", size_limit().shown(usual_memory()), "default"],
        ["limit-file-size", "16G", "default"],
        ["output", "packages", "environment variable QLUMOD_OUTPUT"],
        ["flavor", "trixie", f"{conf}:3"],
        ["arch", "-", "default"],
        ["profile", "release", "default"],
        ["repository", "-", "default"],
        ["suite", "-", "default"],
        ["key", "-", "default"],
        ["valid-for", "-", "default"],
        ["wait", "600", "default"],
        ["stall", "180", "default"],
        ["progress", "auto", "default"],
        ["archive", "debian=https://mirror.example/debian", f"{conf}:5"],
    ]


def test_a_single_setting_is_its_bare_value(qlumod: CommandLine, conf: Path) -> None:
    assert qlumod("config", "cache", QLUMOD_CACHE="", QLUMOD_CONFIG=str(conf)).out == "/from/file\n"
    assert qlumod("config", "suite").out == ""
    assert qlumod("config", "key", QLUMOD_KEY=f"{'A' * 40} 0x{'b' * 40}").out == (
        f"{'A' * 40}\n{'B' * 40}\n"
    )
    assert qlumod("config", "archive", QLUMOD_ARCHIVE="b=http://b a=http://a").out == (
        "a=http://a\nb=http://b\n"
    )
    wrong = qlumod("config", "cahce")
    assert wrong.status == 2
    assert "'cahce' is no setting: the settings are specs, cache, store, " in wrong.err


def test_config_is_a_document_too(qlumod: CommandLine, conf: Path) -> None:
    document = qlumod("config", "--json", QLUMOD_CACHE="", QLUMOD_CONFIG=str(conf)).document
    assert document["files"] == [str(conf)]
    assert document["archives"] == []
    by_name = {entry["setting"]: entry for entry in document["settings"]}
    assert list(by_name) == [setting.name for setting in FIELDS]
    assert by_name["flavor"] == {
        "setting": "flavor",
        "value": "trixie",
        "from": f"{conf}:3",
        "option": "--flavor",
        "variable": "QLUMOD_FLAVOR",
        "field": "Flavor",
    }
    assert by_name["wait"]["value"] == 600
    assert by_name["key"]["value"] is None
    assert qlumod("config", "wait", "--json").document == {"format": 1, **by_name["wait"]}


def test_a_file_that_is_wrong_stops_every_verb_before_it_begins(
    qlumod: CommandLine, conf: Path
) -> None:
    conf.write_text("Format: 1\nCahce: /x\n")
    fault = f"{conf}:2: unknown field 'Cahce'; did you mean 'Cache'?"
    for words in (("config",), ("check",), ("lock",), ("modules",)):
        answer = qlumod(*words, QLUMOD_CONFIG=str(conf))
        assert (answer.status, answer.err) == (1, f"qlumod: error: {fault}\n")
    answer = qlumod("fetch", "--json", QLUMOD_CONFIG=str(conf))
    where = {"file": str(conf), "line": 2}
    error = {"code": "document", "brief": fault, "details": [], "remedy": "", "where": where}
    assert answer.document == {"format": 1, "errors": [error]}
    assert qlumod("lock", "--help", QLUMOD_CONFIG=str(conf)).status == 0


def test_a_variable_that_is_no_setting_is_pointed_at(qlumod: CommandLine) -> None:
    answer = qlumod("config", QLUMOD_CAHCE="/x")
    assert answer.err == "caution: QLUMOD_CAHCE is no setting; did you mean QLUMOD_CACHE?\n"


def test_what_is_typed_wins(qlumod: CommandLine, conf: Path) -> None:
    specs = qlumod.directory / "elsewhere"
    conf.write_text(f"Format: 1\nSpecs: {specs}\nProgress: none\n")
    told = qlumod("check", QLUMOD_CONFIG=str(conf))
    assert told.err == f"qlumod: error: cannot read {specs}/release: No such file or directory\n"
    told = qlumod("check", "--specs", "~/typed", QLUMOD_CONFIG=str(conf), HOME="/home/eve")
    assert "cannot read /home/eve/typed/release" in told.err


def test_the_store_is_in_the_cache_that_is_typed(qlumod: CommandLine, tmp_path: Path) -> None:
    context = BY_NAME["store"].default({"cache": tmp_path}.__getitem__)
    assert context == tmp_path / "packages"


def test_what_must_be_said_says_where_else_it_may_be_said(qlumod: CommandLine) -> None:
    for words, what in (
        (("snapshot", "list"), "option '--repository'"),
        (("repo", "check"), "argument '[DIR]'"),
    ):
        answer = qlumod(*words)
        assert answer.status == 2
        assert f"Error: Missing {what}. It can also be set in QLUMOD_REPOSITORY" in answer.err
    answer = qlumod("repo", "check", QLUMOD_REPOSITORY="here")
    assert answer.err.startswith(
        f"qlumod: error: {qlumod.directory}/here is no repository of qlumod\n"
    )


def test_the_name_of_a_setting_is_the_same_everywhere() -> None:
    for setting in SETTINGS:
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", setting.name)
        assert setting.help.endswith(".")
        assert setting.variable == f"QLUMOD_{setting.field.upper().replace('-', '_')}"
