"""The .sources text that makes an apt client follow a suite, with the embedded key."""

from collections.abc import Sequence

from qlumod.repository.format.layout import COMPONENT


def sources_text(uri: str, suites: Sequence[str], keyring: bytes) -> str:
    """The deb822 text for /etc/apt/sources.list.d/; `keyring` is armoured."""
    return followed(uri, suites, _inside(keyring.decode("ascii")))


def followed(uri: str, suites: Sequence[str], signed_by: str) -> str:
    """The same text with the value of Signed-By: the path of a keyring, or an embedded key."""
    fields = {
        "Types": "deb deb-src",
        "URIs": uri,
        "Suites": " ".join(suites),
        "Components": COMPONENT,
        "Signed-By": signed_by,
    }
    return "".join(f"{name}:{value}\n" for name, value in _spaced(fields).items())


def _inside(text: str) -> str:
    """A text as the value of a field: each line is indented, an empty line becomes a dot."""
    return "".join(f"\n {line or '.'}" for line in text.strip().split("\n"))


def _spaced(fields: dict[str, str]) -> dict[str, str]:
    return {
        name: value if value.startswith("\n") else f" {value}" for name, value in fields.items()
    }
