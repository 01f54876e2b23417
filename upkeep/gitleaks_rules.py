#!/usr/bin/env python3
"""Take the detection rules of a gitleaks release over into qlumod/secrets/rules/gitleaks.json.

    upkeep/gitleaks_rules.py 8.30.1 gitleaks.toml > qlumod/secrets/rules/gitleaks.json

gitleaks.toml is config/gitleaks.toml of that release's source; the program itself holds the same
text (``upkeep/gitleaks_rules.py 8.30.1 /usr/bin/gitleaks`` finds it there). What the rules say
stays as it is, but for what Python's `re` does not take and for the rules in LEFT_OUT.
"""

import hashlib
import json
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

LEFT_OUT = {
    "private-key": "PEM is read by qlumod/secrets/text/pem.py, which sees more forms of it",
    "pkcs12-file": "it goes by the name of a file; qlumod/secrets/binary reads the bytes",
    "curl-auth-header": "its expression takes exponential time in Python; text/settings.py sees it",
    "curl-auth-user": "its expression takes exponential time in Python; text/forms.py sees it",
    "kubernetes-secret-yaml": "it takes polynomial time in Python; text/forms.py sees it",
    "nuget-config-password": "text/settings.py sees it in every file",
    "hashicorp-tf-password": "text/settings.py sees it in every file",
    "generic-api-key": "text/settings.py is made for settings of systems, this one for source code",
    "sourcegraph-access-token": "it takes each SHA-1 in a file that says 'sourcegraph'",
    "flutterwave-public-key": "it is public",
    "mailgun-pub-key": "it is public",
    "lob-pub-api-key": "it is public",
}
"""Rules that are not taken, and why."""

_BEGIN = b"# This file has been auto-generated."
_LEADS = re.compile(r"^\[\\w\.-\]\{0,50\}\?")
_SENTENCE = re.compile(
    r"^(?:Identified|Discovered|Detected|Uncovered|Found)(?: an?)?(?: possible| potential)?"
    r"(?: pattern (?:resembling|that resembles)(?: an?)?)? (?P<what>[\w.&'/+() -]+?)"
    r"(?:, |\.$|\.? ?$| which| risking| \(|$)"
)


def text_of(path: Path) -> bytes:
    """The rules' text: a file of its own, or inside the program."""
    data = path.read_bytes()
    if not data.startswith(b"\x7fELF"):
        return data
    text = re.compile(rb"[\t\n\x20-\x7e\x80-\xff]+")
    return next(
        found.group()
        for start in re.finditer(re.escape(_BEGIN), data)
        if (found := text.match(data, start.start())) and b'title = "gitleaks' in found.group()
    )


def expression(go: str) -> str:
    """An expression of Go's regexp/syntax as Python's `re` takes it."""
    python = go.replace("[[:alnum:]]", "[A-Za-z0-9]").replace("[:alnum:]", "A-Za-z0-9")
    python = re.sub(r"(?<!\\)\\z", r"\\Z", python)
    python = re.sub(r"(?<!\\)\$(?=\)|\||$)", r"\\Z", python)
    # What stands before the word only widens the match, and costs most of the time.
    python = python.replace(r"(?i)[\w.-]{0,50}?", "(?i)", 1)
    python = _LEADS.sub("", python).replace(r"(?i:[\w.-]{0,50}?", "(?i:", 1)
    return scoped(python)


def scoped(text: str) -> str:
    """Flags in the middle hold to the end of their group; Python has them only for a group."""
    out: list[str] = []
    open_flags: list[list[str]] = [[]]
    at = 0
    while at < len(text):
        step = _step(text, at)
        flag = re.fullmatch(r"\(\?([a-z]+)\)", step)
        if flag:
            out.append(f"(?{flag[1]}:")
            open_flags[-1].append(flag[1])
        elif step == "|":
            flags = open_flags[-1]
            out.append(")" * len(flags) + "|" + "".join(f"(?{flag}:" for flag in flags))
        elif step == ")":
            out.append(")" * len(open_flags.pop()) + ")")
        else:
            if step.startswith("("):
                open_flags.append([])
            out.append(step)
        at += len(step)
    return "".join(out) + ")" * len(open_flags[0])


def _step(text: str, at: int) -> str:
    """The next piece of an expression: an escape, a class, a flag, an opening, or a character."""
    piece = re.compile(
        r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?[a-z]+\)|\(\?(?:[a-z-]*:|P<\w+>)|.", re.DOTALL
    )
    found = piece.match(text, at)
    assert found, text
    return found.group()


def title(rule: dict[str, Any]) -> str:
    """What the rule finds, as people call it, with its article."""
    found = _SENTENCE.match(rule["description"])
    what = found["what"] if found else rule["id"].replace("-", " ")
    if what.startswith(("pattern", "password")) or len(what) > 60:
        what = rule["id"].replace("-", " ")
    return f"{'an' if what[0] in 'AEIOUaeio' else 'a'} {what}"


def converted(rule: dict[str, Any]) -> dict[str, Any]:
    """One rule as it is shipped; what is empty is left away, and what holds for some paths only."""
    allows = [allow for allow in rule.get("allowlists", ()) if "paths" not in allow]
    one = {
        "id": rule["id"],
        "title": title(rule),
        "keywords": rule["keywords"],
        "regex": expression(rule["regex"]),
        "entropy": rule.get("entropy", 0),
        "group": rule.get("secretGroup", 0),
        "allow": [expression(regex) for allow in allows for regex in allow.get("regexes", ())],
    }
    return {name: value for name, value in one.items() if value}


def main(version: str, path: str) -> None:
    """Print the rules as JSON."""
    text = text_of(Path(path))
    rules = tomllib.loads(text.decode())
    whole = {
        "Source": "https://github.com/gitleaks/gitleaks, config/gitleaks.toml",
        "Version": version,
        "SHA256": hashlib.sha256(text).hexdigest(),
        "License": "MIT, see LICENSE.gitleaks",
        "left_out": LEFT_OUT,
        "allow": [expression(regex) for regex in rules["allowlist"]["regexes"]],
        "stopwords": rules["allowlist"]["stopwords"],
        "rules": [converted(rule) for rule in rules["rules"] if rule["id"] not in LEFT_OUT],
    }
    print(json.dumps(whole, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main(*sys.argv[1:])
