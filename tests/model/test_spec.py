"""Module specs: what is read, and the whole text of every error."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qlumod.errors import QlumodError
from qlumod.model.module_file import parse_spec, spec_text
from qlumod.model.names import FlavorName, PackageName
from qlumod.model.public import Public
from qlumod.model.secret import Secret, SecretKind
from qlumod.model.spec import ModuleSpec, Restored, in_build_order, with_requirements
from qlumod.model.spec_fields import SPEC_FIELDS
from qlumod.model.stacks import excluded
from tests.support.documents import CORE, SLURM, release
from tests.support.texts import SEEN

NO_MODULE = (
    "is no module name: it holds lower-case letters, digits, '-', '+' and '.', "
    "and begins with a letter or a digit"
)
FIELD_NAMES = ", ".join(sorted(("Variant", *(entry.name for entry in SPEC_FIELDS))))
FORM = "it has the form 'name', 'name (>= version)' or 'name (>= version) <flavor>'"


def read(text: str, path: str = "slurm.module") -> ModuleSpec:
    (spec,) = parse_spec(text, path, release())
    return spec


def error_of(text: str, path: str = "slurm.module") -> str:
    with pytest.raises(QlumodError) as caught:
        read(text, path)
    return str(caught.value)


def slurm(old: str, new: str) -> str:
    """The spec of slurm with one place changed."""
    assert old in SLURM
    return SLURM.replace(old, new)


def test_a_spec_says_what_its_fields_say() -> None:
    spec = read(
        slurm(
            "Description:",
            """\
Recommends: yes
Redistribute: no
# a comment between fields
Conflicts: gridengine
Exclude:
 /opt/*
# a comment within a field
 /srv/*
Include: /opt/licence
Wins: /etc/slurm/slurm.conf
Enable: munge.service slurmd.service
Disable: nscd.service
Debconf: slurmd  slurmd/question  string  a value
Secrets:
 /etc/munge/munge.key site
 /etc/ssl/node-*.key node
Public:
 /var/lib/slurm/ an empty database, that  postinst made
 /etc/slurm/token-*.example words of the manual
Prefer: gawk, mawk
Description:""",
        )
    )
    assert (spec.module, spec.title, spec.stack_group) == ("slurm", "Slurm", "HPC Stack")
    assert (spec.requires, spec.conflicts) == (("core",), ("gridengine",))
    assert list(map(str, spec.packages)) == ["slurmd", "munge"]
    assert [relation.line for relation in spec.packages] == [7, 8]
    assert spec.recommends
    assert not spec.redistribute
    assert (spec.exclude, spec.include) == (("/opt/*", "/srv/*"), ("/opt/licence",))
    assert spec.wins == ("/etc/slurm/slurm.conf",)
    assert spec.enable == ("munge.service", "slurmd.service")
    assert spec.disable == ("nscd.service",)
    assert spec.debconf == ("slurmd slurmd/question string a value",)
    assert spec.secrets == (
        Secret(path="/etc/munge/munge.key", kind=SecretKind.SITE),
        Secret(path="/etc/ssl/node-*.key", kind=SecretKind.NODE),
    )
    assert spec.public == (
        Public(pattern="/var/lib/slurm/", reason="an empty database, that postinst made"),
        Public(pattern="/etc/slurm/token-*.example", reason="words of the manual"),
    )
    assert spec.prefer == ("gawk", "mawk")
    assert spec.description == "Slurm\nThe workload manager."


def test_a_restriction_list_names_the_flavors_a_package_is_for() -> None:
    spec = read(slurm("munge", "munge <trixie>,\n libfoo1 (>= 1) <bookworm trixie>"))
    names = {
        flavor: [relation.name for relation in spec.packages_for(FlavorName(flavor))]
        for flavor in ("bookworm", "trixie")
    }
    assert names == {
        "bookworm": ["slurmd", "libfoo1"],
        "trixie": ["slurmd", "munge", "libfoo1"],
    }


def test_one_package_may_differ_between_flavors() -> None:
    spec = read(slurm("munge", "munge (>= 1) <bookworm>,\n munge (>= 2) <trixie>"))
    assert [str(r) for r in spec.packages_for(FlavorName("trixie"))] == [
        "slurmd",
        "munge (>= 2) <trixie>",
    ]


VARIANTS = """\
Format: 1
Module: samba
Title: Samba
Stack-Group: DataStack
Requires: core
Conflicts: slurm
Packages: samba, ctdb <trixie>
Description: Samba
 The server.

# the distribution's
Variant: samba-4.17
Flavors: bookworm

Variant: samba-4.22
Archive: debian <bookworm>
Packages: samba (>= 2:4.22)
Description: Samba, newer
"""


def test_a_variant_has_fields_of_its_own_and_else_those_of_the_first_stanza() -> None:
    old, new = parse_spec(VARIANTS, "samba.module", release())
    assert [(s.module, s.variant_of, s.conflicts) for s in (old, new)] == [
        ("samba-4.17", "samba", ("slurm", "samba-4.22")),
        ("samba-4.22", "samba", ("slurm", "samba-4.17")),
    ]
    assert (old.title, old.requires, old.flavors) == ("Samba", ("core",), ("bookworm",))
    assert (list(map(str, old.packages)), list(map(str, new.packages))) == (
        ["samba", "ctdb <trixie>"],
        ["samba (>= 2:4.22)"],
    )
    assert (old.description, new.description) == ("Samba\nThe server.", "Samba, newer")
    archives = [new.archives_for(FlavorName(flavor)) for flavor in ("bookworm", "trixie")]
    assert archives == [("debian",), ()]
    assert new.at("Variant") == "samba.module:15: Variant"


def test_a_variants_canonical_text_is_a_spec_of_its_own() -> None:
    for spec in parse_spec(VARIANTS, "samba.module", release()):
        again = read(spec_text(spec), f"{spec.module}.module")
        assert again == spec


def test_what_a_module_with_kernel_modules_says() -> None:
    spec = read(
        slurm(
            "Description:",
            """\
Kernel-Modules: nvidia-kernel-dkms
Build-Packages: gcc-12 <bookworm>, gcc-14 <trixie>
Restore:
 linux-image-*: /lib/modules/*/kernel/drivers/gpu/*
 firmware-misc <bookworm>: /*lib/firmware/i915/*
Description:""",
        )
    )
    trixie = FlavorName("trixie")
    assert [r.name for r in spec.kernel_modules_for(trixie)] == ["nvidia-kernel-dkms"]
    assert [r.name for r in spec.build_packages_for(trixie)] == ["gcc-14"]
    drivers, firmware = spec.restore
    assert drivers == Restored(
        package="linux-image-*", pattern="/lib/modules/*/kernel/drivers/gpu/*"
    )
    assert spec.restore_for(trixie) == (drivers,)
    assert str(firmware) == "firmware-misc <bookworm>: /*lib/firmware/i915/*"
    assert firmware.matches("/usr/lib/firmware/i915/tgl_dmc.bin")
    assert drivers.matches("/usr/lib/modules/6.1.0/kernel/drivers/gpu/drm/drm.ko")
    assert drivers.names(PackageName("linux-image-6.1.0-56-amd64"))
    assert not firmware.names(PackageName("firmware-misc-nonfree"))
    assert read(spec_text(spec)) == spec


def test_a_module_may_consist_of_compiled_kernel_modules_only() -> None:
    spec = read(slurm("Packages:\n slurmd,\n munge", "Kernel-Modules: nvidia-fs-dkms"))
    assert not spec.packages
    assert [relation.name for relation in spec.kernel_modules] == ["nvidia-fs-dkms"]
    assert "Packages" not in spec_text(spec)
    assert read(spec_text(spec)) == spec


def test_modules_exclude_each_other_by_what_they_require_too() -> None:
    old, new = parse_spec(VARIANTS, "samba.module", release())
    text = CORE.replace("Packages:", "Requires: samba-4.22\nPackages:").replace("core", "web")
    specs = (*modules(core="", slurm="core"), old, new, read(text, "web.module"))
    assert {name: sorted(others) for name, others in excluded(specs).items()} == {
        "core": [],
        "slurm": ["samba-4.17", "samba-4.22", "web"],
        "samba-4.17": ["samba-4.22", "slurm", "web"],
        "samba-4.22": ["samba-4.17", "slurm"],
        "web": ["samba-4.17", "slurm"],
    }


def test_comments_order_of_fields_and_blanks_do_not_change_the_digest() -> None:
    other = """\
# the same, told otherwise
Format: 1
Title:   Slurm
stack-group: HPC Stack
Module: slurm
Packages: slurmd, munge,
Requires:
 core
Description: Slurm
 The workload manager.
"""
    assert read(other) == read(SLURM)
    assert read(other).digest == read(SLURM).digest
    assert read(slurm("munge", "munge (>= 1)")).digest != read(SLURM).digest


FORMATS = {
    "an empty file": ("", "slurm.module:1: the document is empty: it begins with 'Format: 1'"),
    "no format": (
        SLURM.removeprefix("Format: 1\n"),
        "slurm.module:1: Format: a document begins with 'Format: 1'",
    ),
    "a format that is not first": (
        slurm("Format: 1\nModule: slurm\n", "Module: slurm\nFormat: 1\n"),
        "slurm.module:1: Format: a document begins with 'Format: 1'",
    ),
    "a newer format, whose other fields nobody knows": (
        slurm("Format: 1", "Format: 2\nNews: x"),
        "slurm.module:1: Format: this qlumod reads format 1, not '2'\n"
        "To mend it: install a newer qlumod",
    ),
    "a format that is none": (
        slurm("Format: 1", "Format: one"),
        "slurm.module:1: Format: this qlumod reads format 1, not 'one'\n"
        "To mend it: write 'Format: 1'",
    ),
}

SYNTAX = {
    "a line that is no field": (
        slurm("Requires: core", "Requires core"),
        "slurm.module:5: cannot parse line 'Requires core': it is neither 'Field: value', "
        "nor indented to continue a field, nor a '# comment'",
    ),
    "a continuation of nothing": (
        " x\n" + SLURM,
        "slurm.module:1: cannot parse line 'x': it continues no field",
    ),
    "a tab": (
        slurm(" munge", "\tmunge"),
        "slurm.module:8: the character U+0009 (tab) is not allowed",
    ),
    "line ends of another system": (
        SLURM.replace("\n", "\r\n"),
        "slurm.module:1: the character U+000D (carriage return) is not allowed (lines with it: 10)",
    ),
    "a byte-order mark": (
        "\ufeff" + SLURM,
        "slurm.module:1: the character U+FEFF (byte-order mark) is not allowed",
    ),
    "text that runs backwards to hide something": (
        slurm("The workload", "The \u202eworkload"),
        "slurm.module:10: the character U+202E (right-to-left override) is not allowed",
    ),
    "a line of blanks": (
        slurm("Requires", "  \nRequires"),
        "slurm.module:5: the line has blanks only: it is empty between stanzas, "
        "and ' .' within a field",
    ),
    "a second stanza": (
        SLURM + "\nModule: other\n",
        "slurm.module:12: Module: it stands in the first stanza\n"
        "slurm.module:12: a further stanza is a variant of the module: 'Variant: NAME'",
    ),
}

FIELDS = {
    "an unknown field that looks like one": (
        slurm("Requires:", "Require:"),
        "slurm.module:5: unknown field 'Require'; did you mean 'Requires'?",
    ),
    "an unknown field": (
        slurm("Requires:", "Colour: red\nRequires:"),
        f"slurm.module:5: unknown field 'Colour'; known are {FIELD_NAMES}",
    ),
    "a field that is none": (
        slurm("Requires:", "Variants: slurm-23 slurm-24\nRequires:"),
        "slurm.module:5: unknown field 'Variants'; a variant is a stanza of its own, "
        "with the field 'Variant'",
    ),
    "variants": (
        slurm("Requires:", "Variant: slurm-22\nColour: red\nRequires:")
        + "\nVariant: slurm-23\nArchive: debian (>= 1)\n\nVariant: slurm\n\nVariant: slurm-23\n",
        "slurm.module:5: Variant: the first stanza is about all variants\n"
        f"slurm.module:6: unknown field 'Colour'; known are {FIELD_NAMES}\n"
        "slurm.module:15: Archive: 'debian (>= 1)': an archive has no version\n"
        "slurm.module:17: Variant: 'slurm' is the module's own name: each variant has its own\n"
        "slurm.module:19: Variant: 'slurm-23' is there twice: each variant has its own",
    ),
    "a field twice": (
        slurm("Title: Slurm", "Title: Slurm\ntitle: Slurm"),
        "slurm.module:4: title: the field stands here twice: first in line 3",
    ),
    "missing fields": (
        "Format: 1\nModule: slurm\n",
        "slurm.module:1: Title: the field is missing\n"
        "slurm.module:1: Stack-Group: the field is missing\n"
        "slurm.module:1: Description: the field is missing\n"
        "slurm.module:1: Packages: the field is missing",
    ),
    "an empty field": (
        slurm("Requires: core", "Requires:"),
        "slurm.module:5: Requires: the field is empty",
    ),
    "two lines where one belongs": (
        slurm("Title: Slurm", "Title: Slurm\n and more"),
        "slurm.module:3: Title: it takes one line only",
    ),
    "a description without a synopsis": (
        slurm("Description: Slurm", "Description:"),
        "slurm.module:9: Description: the first line is empty: it is the synopsis",
    ),
    "several faults, in the order of their lines": (
        slurm("Requires: core", "Requires: Core\nRecommends: perhaps").replace(
            "munge", "munge (> 0)"
        ),
        f"slurm.module:5: Requires: 'Core' {NO_MODULE}\n"
        "slurm.module:6: Recommends: 'perhaps' is neither 'yes' nor 'no'\n"
        "slurm.module:9: Packages: cannot parse relation 'munge (> 0)': "
        "'>' is none of <<, <=, =, >=, >>",
    ),
}

VALUES = {
    "a requirement with a version": (
        slurm("core", "core (>= 14)"),
        "slurm.module:5: Requires: 'core (>= 14)': only the module's name stands here: "
        "the modules of a release fit together",
    ),
    "a module that requires itself": (
        slurm("core", "core, slurm"),
        "slurm.module:5: Requires: the module names itself: 'slurm'",
    ),
    "a module that excludes what it requires": (
        slurm("Requires: core", "Requires: core\nConflicts: core"),
        "slurm.module:6: Conflicts: the module requires 'core', too",
    ),
    "secrets": (
        slurm(
            "Description:",
            """\
Secrets:
 /etc/a
 /etc/b everywhere
 etc/c site
 /etc/../d site
 /lib/e node
 /etc/f site
 /etc/f node
Description:""",
        ),
        "slurm.module:9: Secrets: '/etc/f' is named twice\n"
        "slurm.module:10: Secrets: '/etc/a' is no secret: 'path kind', the kind is site or node\n"
        "slurm.module:11: Secrets: '/etc/b everywhere' is no secret: 'path kind', "
        "the kind is site or node\n"
        "slurm.module:12: Secrets: 'etc/c' is no absolute path without '.', '..' and blanks\n"
        "slurm.module:13: Secrets: '/etc/../d' is no absolute path without '.', '..' and blanks\n"
        "slurm.module:14: Secrets: '/lib/e' is a path through a link: write '/usr/lib/e'",
    ),
    "what is public": (
        slurm(
            "Description:",
            """\
Secrets: /etc/a site
Public:
 /etc/a it is harmless
 /etc/b
 etc/c it is harmless
 /var/lib/ it is harmless
 /root/* it is harmless
 /var/l*/slurm/ it is harmless
 /etc/f it is harmless
 /etc/f it is an example
Description:""",
        ),
        "slurm.module:10: Public: '/etc/f' is named twice\n"
        "slurm.module:10: Public: '/etc/a' stands under Secrets, too\n"
        "slurm.module:12: Public: '/etc/b' says not why: 'path reason', or 'directory/ reason'\n"
        "slurm.module:13: Public: 'etc/c' is no absolute path without '.', '..' and blanks\n"
        "slurm.module:14: Public: '/var/lib/' is a directory of many packages: name what lies in "
        "it\n"
        "slurm.module:15: Public: '/root/*' is a directory of many packages: name what lies in "
        "it\n"
        "slurm.module:16: Public: '/var/l*/slurm/' is a directory of many packages: name what lies "
        "in it",
    ),
    "paths and patterns": (
        slurm("Description:", "Exclude: usr/x /a//b\nWins: /etc/* /etc/;id\nDescription:"),
        "slurm.module:9: Exclude: 'usr/x' is no path pattern: it is absolute, "
        "as in '/usr/share/man/*'\n"
        "slurm.module:9: Exclude: '/a//b' is no path pattern: it is absolute, "
        "as in '/usr/share/man/*'\n"
        "slurm.module:10: Wins: '/etc/*' is no absolute path without '.', '..' and blanks\n"
        "slurm.module:10: Wins: '/etc/;id' is no absolute path without '.', '..' and blanks",
    ),
    "units": (
        slurm(
            "Description:",
            "Enable: slurmd.service slurmd\nDisable: slurmd.service ../x.service\nDescription:",
        ),
        "slurm.module:9: Enable: 'slurmd' is no systemd unit: "
        "it has a name such as 'slurmd.service'\n"
        "slurm.module:10: Disable: '../x.service' is no systemd unit: "
        "it has a name such as 'slurmd.service'\n"
        "slurm.module:10: Disable: the unit 'slurmd.service' stands under Enable, too",
    ),
    "a flavor without packages": (
        slurm(" slurmd,\n munge", " slurmd <bookworm>,\n munge <bookworm>"),
        "slurm.module:6: Packages: there is none for trixie\n"
        "To mend it: say under Flavors which ones have the module",
    ),
    "a flavor with neither packages nor kernel modules": (
        slurm("Packages:\n slurmd,\n munge", "Kernel-Modules: nvidia-fs-dkms <bookworm>"),
        "slurm.module:1: Packages: there is none for trixie\n"
        "To mend it: say under Flavors which ones have the module",
    ),
    "flavors": (
        slurm("Packages:", "Flavors: bookworm sid\nPackages:"),
        "slurm.module:6: Flavors: the release has no flavor 'sid'",
    ),
    "archives": (
        slurm("Packages:", "Archive: debian, backports,\n debian <sid>\nPackages:"),
        "slurm.module:6: Archive: 'backports': the release has no such archive, it has debian\n"
        "slurm.module:7: Archive: 'debian <sid>': the release has no flavor 'sid', "
        "it has bookworm, trixie\n"
        "slurm.module:7: Archive: 'debian <sid>': the archive does not serve sid",
    ),
    "something to build with and nothing to build": (
        slurm("Description:", "Build-Packages: gcc\nDescription:"),
        "slurm.module:9: Build-Packages: there are no Kernel-Modules to build with them",
    ),
    "sources of kernel modules in the layer": (
        slurm("Description:", "Kernel-Modules: munge\nDescription:"),
        "slurm.module:9: Kernel-Modules: 'munge' stands under Packages, too: the layer has what is "
        "compiled from it instead",
    ),
    "what is restored": (
        slurm("Description:", "Restore:\n core: usr/lib\n /usr/lib\nDescription:"),
        "slurm.module:10: Restore: 'usr/lib' is no path pattern: it is absolute, "
        "as in '/usr/share/man/*'\n"
        "slurm.module:11: Restore: '/usr/lib' restores nothing: it has the form 'PACKAGE: pattern'",
    ),
    "what is restored in a flavor that there is not, or from below nothing": (
        slurm("Requires: core", "Restore: munge <sid>: /usr/*"),
        "slurm.module:5: Restore: there is no module below that left anything out\n"
        "slurm.module:5: Restore: 'munge <sid>: /usr/*': the release has no flavor 'sid'",
    ),
    "preseeding": (
        slurm("Description:", "Debconf: slurmd question\nDescription:"),
        "slurm.module:9: Debconf: 'slurmd question' is no preseeding line: "
        "'package question type value'",
    ),
    "an unknown flavor": (
        slurm("munge", "munge <sid>"),
        "slurm.module:8: Packages: 'munge <sid>': the release has no flavor 'sid', "
        "it has bookworm, trixie",
    ),
    "a package twice": (
        slurm("munge", "munge,\n slurmd"),
        "slurm.module:9: Packages: 'slurmd' is named twice: first in line 7",
    ),
    "a package twice for one flavor": (
        slurm("munge", "munge,\n slurmd <trixie>"),
        "slurm.module:9: Packages: 'slurmd' is named twice for trixie: first in line 7",
    ),
    "nothing between two commas": (
        slurm("munge", ", munge"),
        "slurm.module:8: Packages: there is nothing between two commas",
    ),
}


@pytest.mark.parametrize(
    "text, error",
    [
        pytest.param(text, error, id=name)
        for table in (FORMATS, SYNTAX, FIELDS, VALUES)
        for name, (text, error) in table.items()
    ],
)
def test_a_fault_is_told_with_file_and_line(text: str, error: str) -> None:
    assert error_of(text) == error


@pytest.mark.parametrize(
    "relation, reason",
    [
        ("slurmd (> 22", "'(' and ')' do not match"),
        ("slurmd <bookworm", "'<' and '>' do not match"),
        ("slurmd (> 22)", "'>' is none of <<, <=, =, >=, >>"),
        ("slurmd (=> 22)", "'=>' is none of <<, <=, =, >=, >>"),
        ("slurmd (>= a22)", "'a22' is no version of a package (Debian Policy 5.6.12)"),
        ("slurmd (>= 22_1)", FORM),
        ("slurmd (>=)", FORM),
        ("slurmd ()", FORM),
        ("slurmd >= 22", "a version and its operator stand in parentheses"),
        ("slurmd <>", FORM),
        ("slurmd libslurm38", "is a comma missing?"),
        (
            "slurmd | slurm-wlm",
            "a module names its packages: write one of the alternatives",
        ),
        ("slurmd:amd64", "an architecture has no place here: the release names them"),
        (
            "slurmd [amd64]",
            "architectures have no place here; '<…>' restricts to flavors",
        ),
        ("slurmd <!trixie>", "'!trixie': name the flavors that it is for"),
        ("slurmd <Trixie>", "flavors are lower-case"),
        ("slurmd; reboot", FORM),
        ("$(reboot)", FORM),
    ],
)
def test_what_is_no_relation_is_refused_with_the_reason(relation: str, reason: str) -> None:
    found = error_of(slurm("slurmd", relation))
    assert found == f"slurm.module:7: Packages: cannot parse relation {relation!r}: {reason}"


@pytest.mark.parametrize(
    "name", ["Slurmd", "s", "../slurmd", "slurm_d", "slürmd", "slurm/d", "`id`"]
)
def test_what_is_no_package_name_is_refused(name: str) -> None:
    error = f"slurm.module:7: Packages: {name!r} is no package name (Debian Policy 5.6.1)"
    assert error_of(slurm("slurmd", name)) == error


@pytest.mark.parametrize(
    "name",
    ["a/b", "..", "../core", "a..b", "slurm client", "slurm;id", "$(id)", "`id`", "a|b", "a&b",
     "a>b", "a*", "'a'", '"a"', "a\\b", "~a", "-a", ".a", "Slurm", "slürm", "a_b"],
)  # fmt: skip
def test_a_module_is_named_as_a_package_may_be(name: str) -> None:
    text = SLURM.replace("Module: slurm", f"Module: {name}")
    assert error_of(text) == f"slurm.module:2: Module: {name!r} {NO_MODULE}"


def test_a_file_is_named_after_its_module() -> None:
    assert error_of(SLURM, "specs/other.module") == (
        "specs/other.module:2: Module: the file of module 'slurm' is slurm.module, not "
        "other.module\n"
        "To mend it: rename the file or the module"
    )


def modules(**requires: str) -> tuple[ModuleSpec, ...]:
    """Modules with nothing but their requirements."""
    return tuple(
        read(
            CORE.replace("Module: core", f"Module: {name}").replace(
                "Packages:", f"Requires: {below}\nPackages:" if below else "Packages:"
            ),
            f"{name}.module",
        )
        for name, below in requires.items()
    )


def names(specs: tuple[ModuleSpec, ...]) -> list[str]:
    return [spec.module for spec in specs]


def test_modules_are_built_after_what_they_require_and_else_by_name() -> None:
    specs = modules(b="core", a="z", z="core", core="", c="a, b")
    assert names(in_build_order(specs)) == ["core", "b", "z", "a", "c"]


def test_wanted_modules_come_with_all_that_they_require() -> None:
    specs = modules(b="core", a="z", z="core", core="", c="a, b")
    assert names(with_requirements([specs[1].module], specs)) == ["core", "z", "a"]


CYCLE = {
    "of two": (
        {"core": "", "a": "core, b", "b": "a"},
        "a.module:5: Requires: modules require each other in a circle: a → b → a\n"
        "To mend it: take one of these requirements out",
    ),
    "that others stand on": (
        {"core": "", "a": "c", "c": "d", "d": "e", "e": "c"},
        "c.module:5: Requires: modules require each other in a circle: c → d → e → c\n"
        "To mend it: take one of these requirements out",
    ),
}


@pytest.mark.parametrize("requires, error", CYCLE.values(), ids=CYCLE)
def test_a_circle_of_requirements_is_named(requires: dict[str, str], error: str) -> None:
    with pytest.raises(QlumodError) as caught:
        in_build_order(modules(**requires))
    assert str(caught.value) == error


def test_a_required_module_that_does_not_exist_is_told_where_it_is_required() -> None:
    specs = modules(core="", a="core,\n ofed", b="mpi")
    with pytest.raises(QlumodError) as caught:
        in_build_order(specs)
    assert str(caught.value) == (
        "a.module:6: Requires: there is no module 'ofed'\n"
        "To mend it: write ofed.module, or choose from a, b, core\n"
        "b.module:5: Requires: there is no module 'mpi'\n"
        "To mend it: write mpi.module, or choose from a, b, core"
    )


def test_a_wanted_module_that_does_not_exist_is_told_with_those_that_do() -> None:
    specs = modules(core="", a="core")
    with pytest.raises(QlumodError) as caught:
        with_requirements(["slurm"], specs)  # type: ignore[list-item]
    assert str(caught.value) == ("there is no module 'slurm'\nTo mend it: choose from a, core")


MODULE = st.from_regex(r"[a-z0-9][a-z0-9+-]{0,8}", fullmatch=True)
PACKAGE = st.from_regex(r"[a-z0-9][a-z0-9+-]{1,8}", fullmatch=True)
BOUND = st.builds(
    " ({} {})".format,
    st.sampled_from(["<<", "<=", "=", ">=", ">>"]),
    st.from_regex(r"([0-9]:)?[0-9][a-z0-9.+~]{0,5}(-[a-z0-9+~]{1,4})?", fullmatch=True),
)
RESTRICTION = st.sampled_from(["", " <bookworm>", " <trixie>", " <trixie bookworm>"])
PATH = st.from_regex(r"(/[a-z0-9_@%+=:,~-]{1,6}){1,3}", fullmatch=True).filter(
    lambda path: path.split("/")[1] not in ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
)
TEXT = st.text(SEEN, min_size=1, max_size=12).map(lambda text: text + " x")


@st.composite
def spec_texts(draw: st.DrawFn) -> str:
    """A spec with random content, right in every field."""
    packages = draw(
        st.dictionaries(
            PACKAGE, st.tuples(st.one_of(st.just(""), BOUND), RESTRICTION), min_size=1, max_size=5
        )
    )
    requires = draw(st.sets(MODULE.filter(lambda name: name != "slurm"), max_size=3))
    secrets = draw(st.dictionaries(PATH, st.sampled_from(["site", "node"]), max_size=3))
    lines = ["Format: 1", "Module: slurm", f"Title: {draw(TEXT)}", f"Stack-Group: {draw(TEXT)}"]
    lines += [f"Requires: {', '.join(sorted(requires))}"] if requires else []
    lines += [
        "Packages:",
        *(f" {name}{bound}{flavors}," for name, (bound, flavors) in packages.items()),
        " for-all-flavors,",
    ]
    public = draw(st.dictionaries(PATH.map(lambda path: f"/usr{path}"), TEXT, max_size=3))
    lines += ["Secrets:", *(f" {path} {kind}" for path, kind in secrets.items())] if secrets else []
    lines += ["Public:", *(f" {path} {why}" for path, why in public.items())] if public else []
    lines += [
        f"Description: {draw(TEXT)}",
        *(f" {line}" for line in draw(st.lists(TEXT, max_size=3))),
    ]
    return "\n".join(lines) + "\n"


@settings(max_examples=100, deadline=None)
@given(spec_texts())
def test_a_spec_read_from_its_canonical_text_is_the_same(text: str) -> None:
    spec = read(text)
    again = read(spec_text(spec))
    assert again == spec
    assert spec_text(again) == spec_text(spec)


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from("ab:#, \n\t-.<>()=|1é"), max_size=80))
def test_no_text_at_all_breaks_the_reading(text: str) -> None:
    with pytest.raises(QlumodError, match=r"^slurm\.module:\d+: "):
        read("Format: 1\n" + text)
