"""The root XML catalog of xml-core: its record, and the catalog that is written from it.

update-xmlcatalog(8) writes both, with one line for each entity, 0644. dh_installxmlcatalogs gives
it --sort: both are sorted by the entity. The catalogs of single packages are no state: each
belongs to one package.
"""

import re
from collections.abc import Callable, Iterable

from qlumod.model.lines import lines_of
from qlumod.state.entries import Entries, Entry
from qlumod.state.kind import Malformed

_RECORD = re.compile(r"<([^<>]+)><[^<>]+>\Z")
_DELEGATE = re.compile(r'<(delegate\w+ \w+="[^"<>]*") catalog="[^"<>]*"/>\Z')
_HEAD = """\
<?xml version="1.0"?>
<!DOCTYPE catalog PUBLIC "-//OASIS//DTD XML Catalogs V1.0//EN"
  "file:///usr/share/xml/schema/xml-core/catalog.dtd">
<catalog xmlns="urn:oasis:names:tc:entity:xmlns:xml:catalog">
"""
_FOOT = "</catalog>\n"
"""What /usr/share/xml-core/catalog.header and catalog.footer have in bookworm and trixie."""
_FRAME = frozenset((*lines_of(_HEAD), *lines_of(_FOOT), ""))


def _by_entity(form: re.Pattern[str]) -> Callable[[str], list[Entry]]:
    """Each line of the form is an entry; its key is the entity."""

    def split(text: str) -> list[Entry]:
        found = []
        for number, line in enumerate(lines_of(text), 1):
            if entity := form.match(line):
                found.append((entity[1], f"{line}\n"))
            elif line not in _FRAME:
                raise Malformed(number, "it is no entity of an XML catalog")
        return found

    return split


def _catalog(entries: Iterable[str]) -> str:
    return _HEAD + "".join(entries) + _FOOT


XML_CATALOG_RECORD = Entries(
    name="xml-catalog-record",
    path="/var/lib/xml-core/catalog",
    what="the XML entity",
    split=_by_entity(_RECORD),
)
XML_CATALOG = Entries(
    name="xml-catalog",
    path="/etc/xml/catalog",
    what="the XML entity",
    split=_by_entity(_DELEGATE),
    join=_catalog,
)
