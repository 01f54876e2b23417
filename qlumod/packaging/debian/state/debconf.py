"""debconf's databases: the answers to questions, and the questions; entries by name.

config.dat and templates.dat are 0644; passwords.dat is 0600 (debconf.conf, `Mode:`), and must be
empty: an answer in it is a secret.
"""

from collections.abc import Mapping

from qlumod.errors import QlumodError
from qlumod.state.entries import Claim, Entries, Entry
from qlumod.state.fragment import fields, joined, keyed, stanza

_MULTISELECT = frozenset(
    ("libpam-runtime/profiles", "ca-certificates/enable_crts", "locales/locales_to_be_generated")
)
"""Questions whose answer is a list with entries of several packages."""
_LISTS = ("Owners", "Flags")


def _by_name(text: str) -> list[Entry]:
    return [(values["Name"], entry) for values, entry in keyed(text, "Name")]


def _merged(lower: Claim, upper: Claim) -> dict[str, str]:
    """The upper entry with the owners and flags of both."""
    one, other = fields(lower.entry), fields(upper.entry)
    merged = {**one, **other}
    for name in _LISTS:
        merged[name] = _union(one.get(name, ""), other.get(name, ""))
    return merged


def _written(values: Mapping[str, str]) -> str:
    """An entry as debconf writes it (Debconf/Format/822.pm): fields sorted, the lists last."""
    last = (*_LISTS, "Variables")
    names = ["Name", *sorted(name for name in values if name not in ("Name", *last)), *last]
    kept = [name for name in names if values.get(name) or name not in last]
    return stanza({name: values[name] for name in kept})


def _union(one: str, other: str) -> str:
    items = [item.strip() for item in f"{one},{other}".split(",")]
    return ", ".join(sorted({item for item in items if item}))


def _question(lower: Claim, upper: Claim) -> str:
    """Merge a question of two modules; raises if they answer it differently."""
    merged = _merged(lower, upper)
    one, other = (fields(claim.entry).get("Value", "") for claim in (lower, upper))
    if upper.key in _MULTISELECT:
        merged["Value"] = ", ".join(dict.fromkeys(_items(one) + _items(other)))
    elif one and other and one != other:
        raise QlumodError(
            f"{CONFIG.path}: modules {lower.module} and {upper.module} answer "
            f"{upper.key} differently",
            details=[f"{lower.module}: {one}", f"{upper.module}: {other}"],
            remedy="give the same answer in the Debconf field of both module specs",
        )
    elif one or other:
        merged["Value"] = one or other
    return _written(merged)


def _items(value: str) -> list[str]:
    return [item.strip() for item in value.split(",") if item.strip()]


def _template(lower: Claim, upper: Claim) -> str:
    """Merge a template of two modules: debconf itself keeps the template that it loads last."""
    return _written(_merged(lower, upper))


def _sorted_fields(entry: str) -> str:
    values = fields(entry)
    for name in _LISTS:
        values[name] = _union(values.get(name, ""), "")
    if values.get("Name") in _MULTISELECT:
        values["Value"] = _union(values.get("Value", ""), "")
    return _written(values)


def _is_secret(name: str, entry: str) -> str:
    del name
    return "it is a secret that the build made" if fields(entry).get("Value") else ""


CONFIG = Entries(
    name="debconf-config",
    path="/var/cache/debconf/config.dat",
    what="the question",
    split=_by_name,
    join=joined,
    decide=_question,
    same=_sorted_fields,
    removable=True,
)
TEMPLATES = Entries(
    name="debconf-templates",
    path="/var/cache/debconf/templates.dat",
    what="the template",
    split=_by_name,
    join=joined,
    decide=_template,
    same=_sorted_fields,
    removable=True,
)
PASSWORDS = Entries(
    name="debconf-passwords",
    path="/var/cache/debconf/passwords.dat",
    mode=0o600,
    what="the question",
    split=_by_name,
    join=joined,
    check=_is_secret,
)
