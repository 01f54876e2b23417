"""A directory, a home and an environment in which much lies that interpreters and programs run."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import click

from qlumod.cli.main import cli
from qlumod.system.processes import isolated
from tests.conftest import Answer

MODULES = (
    "_bootlocale", "abc", "apt_inst", "apt_pkg", "click", "codecs", "ctypes", "debian", "encodings",
    "io", "jinja2", "json", "os", "pathlib", "qlumod", "random", "rich", "runpy", "seccomp", "sh",
    "sitecustomize", "socket", "subprocess", "tarfile", "types", "typing", "usercustomize",
)  # fmt: skip
"""Names under which Python would find something here first."""
PROGRAMS = (
    "apt-get", "bwrap", "dpkg", "dpkg-buildpackage", "dpkg-deb", "env", "gpg", "gpgv", "id",
    "lintian", "make", "mksquashfs", "mmdebstrap", "perl", "prlimit", "python3", "setpriv", "sh",
    "tar", "unshare",
)  # fmt: skip
_LIBRARY = """\
#include <stdio.h>
#include <unistd.h>

__attribute__((constructor)) static void loaded(void)
{
	char program[4096] = "";
	FILE *marks = fopen("MARKS", "a");

	if (marks && readlink("/proc/self/exe", program, sizeof(program) - 1) > 0)
		fprintf(marks, "HOW into %d %s\\n", getpid(), program);
	if (marks)
		fclose(marks);
}
"""
_PROVIDERS = """\
openssl_conf = all
[all]
providers = providers
[providers]
evil = evil
[evil]
module = PROVIDER
activate = 1
"""
"""What makes OpenSSL load a library into whoever computes a digest (config(5ssl))."""


@dataclass(frozen=True)
class Surroundings:
    """Where verbs are called, and what they were seen to run of it."""

    place: Path
    variables: Mapping[str, str] = field(default_factory=dict)
    """What else they find in their environment."""

    @property
    def here(self) -> Path:
        """The current directory."""
        return self.place / "here"

    @property
    def home(self) -> Path:
        return self.place / "home"

    @property
    def marks(self) -> Path:
        return self.place / "marks"

    @property
    def environment(self) -> dict[str, str]:
        """All variables by which interpreters and programs find code, pointing here."""
        here = str(self.here)
        return {
            "HOME": str(self.home),
            "XDG_CONFIG_HOME": str(self.home / ".config"),
            "PATH": f"{here}/bin:{here}:/usr/sbin:/usr/bin:/sbin:/bin",
            "PYTHONPATH": here,
            "PYTHONSTARTUP": f"{here}/json.py",
            "PYTHONUSERBASE": str(self.home / ".local"),
            "PYTHONBREAKPOINT": "json.x",
            "PYTHONINSPECT": "1",
            "PERL5LIB": here,
            "PERLLIB": here,
            "PERL5OPT": f"-I{here} -MEvil",
            "PERL5DB": "BEGIN { require Evil }",
            "BASH_ENV": f"{here}/evil.sh",
            "ENV": f"{here}/evil.sh",
            "SHELL": f"{here}/bin/sh",
            "LD_LIBRARY_PATH": here,
            "LD_PRELOAD": f"{here}/libevil.so",
            "GCONV_PATH": here,
            "LOCPATH": here,
            "OPENSSL_CONF": f"{here}/openssl.cnf",
            "OPENSSL_CONF_INCLUDE": here,
            "OPENSSL_MODULES": here,
            "OPENSSL_ENGINES": here,
            "SSL_CERT_FILE": f"{here}/openssl.cnf",
            "SSL_CERT_DIR": here,
            "SSLKEYLOGFILE": str(self.marks),
            "SASL_PATH": here,
            "SASL_CONF_PATH": here,
            "KRB5_CONFIG": f"{here}/openssl.cnf",
            "TAR_OPTIONS": f"--checkpoint-action=exec={here}/bin/tar",
            "MAKEFLAGS": f"--eval=$(shell {here}/bin/make)",
            "MAKEFILES": f"{here}/Makefile",
            "APT_CONFIG": f"{here}/apt.conf",
            "DEB_BUILD_MAINT_OPTIONS": "all",
            "DEBUILD_LINTIAN_OPTS": "all",
            "DEB_VENDOR": f"../../{here}/vendor",
            "DPKG_ORIGINS_DIR": here,
            "DPKG_DATADIR": here,
            "DH_INTERNAL_OPTIONS": f"-O--{here}",
            "LESSOPEN": f"|{here}/bin/sh %s",
            "PAGER": f"{here}/bin/sh",
            "EDITOR": f"{here}/bin/sh",
            **self.variables,
        }

    def lay_out(self) -> None:
        """Put everything in its place."""
        (self.here / "bin").mkdir(parents=True)
        self.home.mkdir()
        python = f'open({str(self.marks)!r}, "a").write(__file__ + "\\n")\n'
        shell = f'#!/bin/sh\necho "$0" >>{self.marks}\n'
        for name in MODULES:
            self._write(self.here / f"{name}.py", python)
            self._write(self._site_packages / f"{name}.py", python)
        self._write(self._site_packages / "evil.pth", f"import sys; {python}")
        for name in PROGRAMS:
            self._write(self.here / name, shell, 0o755)
            self._write(self.here / "bin" / name, shell, 0o755)
        perl = f'package Evil; open(my $f, ">>", "{self.marks}"); print $f "Evil.pm\\n"; 1;\n'
        for name in ("Evil", "strict", "Dpkg", "Debian/Debhelper/Dh_Lib"):
            self._write(self.here / f"{name}.pm", perl)
        self._write(self.here / "evil.sh", shell)
        self._write(self.here / "Makefile", f"$(shell echo Makefile >>{self.marks})\nall:\n")
        self._write(self.here / "apt.conf", self._apt_hooks)
        self._write(self.here / "openssl.cnf", _PROVIDERS.replace("PROVIDER", str(self._provider)))
        for path, text in self._of_home().items():
            self._write(self.home / path, text)
        self._compile()

    @property
    def _site_packages(self) -> Path:
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        return self.home / ".local/lib" / version / "site-packages"

    @property
    def _provider(self) -> Path:
        return self.here / "provider.so"

    @property
    def _apt_hooks(self) -> str:
        hook = f'{{"echo apt.conf >>{self.marks}";}};\n'
        return "".join(
            f"{when} {hook}"
            for when in ("APT::Update::Pre-Invoke", "DPkg::Pre-Invoke", "DPkg::Post-Invoke")
        )

    def _of_home(self) -> dict[str, str]:
        touch = f"echo home >>{self.marks}"
        profile = f"{touch}\n"
        return {
            ".bashrc": profile,
            ".profile": profile,
            ".dpkg.cfg": f"pre-invoke={touch}\npost-invoke={touch}\n",
            ".config/dpkg/buildpackage.conf": f"hook-init={touch}\ncheck-command=sh -c '{touch}'\n",
            ".dpkg-buildpackage.conf": f"hook-init={touch}\n",
            ".config/lintian/lintianrc": f"LINTIAN_BASE={self.here}\n",
            ".lintianrc": f"profile = ../../../{self.here}\n",
            ".config/lintian/profiles/debian/main.profile": "Profile: debian/main\n",
            ".aptitude/config": self._apt_hooks,
            ".sbuildrc": f"system('{touch}'); 1;\n",
            ".mk-sbuild.rc": profile,
            ".perldb": f"system('{touch}');\n",
            ".gdbinit": f"shell {touch}\n",
        }

    def _compile(self) -> None:
        source = self.place / "evil.c"
        text = _LIBRARY.replace("MARKS", str(self.marks))
        for library, how in ((self.here / "libevil.so", "loaded"), (self._provider, "provided")):
            source.write_text(text.replace("HOW", how))
            subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, source], check=True)

    def _write(self, path: Path, text: str, mode: int = 0o644) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)

    def qlumod(self, *words: str) -> tuple[Answer, list[str]]:
        """Call qlumod as /usr/bin/qlumod does it, by an isolated Python; tells also what it ran.

        The library that ld.so puts into qlumod itself is not told: nothing can keep it out.
        """
        self.marks.unlink(missing_ok=True)
        with subprocess.Popen(
            [*isolated.words("qlumod"), *words],
            cwd=self.here,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            out, err = process.communicate()
        lines = self.marks.read_text().splitlines()
        own = f"loaded into {process.pid} "
        assert any(line.startswith(own) for line in lines), "nothing here is noticed"
        run = sorted({line for line in lines if not line.startswith(own)})
        return Answer(process.returncode, out, err), run


def verbs() -> Iterator[str]:
    """All verbs that qlumod has: ``build``, ``image create`` …"""
    return _verbs(cli, ())


def _verbs(command: click.Command, words: tuple[str, ...]) -> Iterator[str]:
    if not isinstance(command, click.Group):
        yield " ".join(words)
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        found = command.get_command(context, name)
        assert found is not None
        yield from _verbs(found, (*words, name))
