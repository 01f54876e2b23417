"""The root XML catalog: packages of several modules register entities in it."""

import pytest

from qlumod.errors import QlumodError
from qlumod.packaging.debian.state.xml_catalogs import XML_CATALOG, XML_CATALOG_RECORD
from tests.state.files import at, faults, stack, text

HEAD = """\
<?xml version="1.0"?>
<!DOCTYPE catalog PUBLIC "-//OASIS//DTD XML Catalogs V1.0//EN"
  "file:///usr/share/xml/schema/xml-core/catalog.dtd">
<catalog xmlns="urn:oasis:names:tc:entity:xmlns:xml:catalog">
"""
MATE = 'delegatePublic publicIdStartString="-//MATE//"'
DOCBOOK = 'delegateSystem systemIdStartString="http://docbook.org/"'


def record(*entities, file="x"):
    lines = (f'<{entity}><catalog="file:///etc/xml/{file}.xml">\n' for entity in entities)
    return at(XML_CATALOG_RECORD.path, "".join(lines))


def catalog(*entities):
    lines = (f'<{entity} catalog="file:///etc/xml/x.xml"/>\n' for entity in entities)
    return at(XML_CATALOG.path, HEAD + "".join(lines) + "</catalog>\n")


@pytest.mark.parametrize(
    ("kind", "made"), [(XML_CATALOG, catalog), (XML_CATALOG_RECORD, record)], ids=lambda one: ""
)
def test_entities_of_all_modules_are_in_it_sorted(kind, made):
    found = stack(kind, ("mistral", {}, made(DOCBOOK)), ("mate", {}, made(MATE)))
    assert text(found, kind.path) == text(made(MATE, DOCBOOK), kind.path)
    # As the program sorts them, whatever order an older package has left.
    assert kind.canonical(made(DOCBOOK, MATE)) == kind.canonical(found)


def test_a_module_adds_to_what_core_has():
    added = stack(
        XML_CATALOG, ("core", {}, catalog(MATE)), ("docs", catalog(MATE), catalog(MATE, DOCBOOK))
    )
    assert text(added, XML_CATALOG.path) == text(catalog(MATE, DOCBOOK), XML_CATALOG.path)


def test_an_entity_with_two_catalogs_is_an_error():
    path = XML_CATALOG_RECORD.path
    with pytest.raises(QlumodError) as error:
        stack(XML_CATALOG_RECORD, ("a", {}, record(MATE)), ("b", {}, record(MATE, file="y")))
    assert faults(error) == (
        f"{path}: modules a and b disagree about the XML entity {MATE}\n"
        f'  a: <{MATE}><catalog="file:///etc/xml/x.xml">\n'
        f'  b: <{MATE}><catalog="file:///etc/xml/y.xml">'
    )


def test_a_line_that_is_no_entity_is_told_with_its_number():
    with pytest.raises(QlumodError) as error:
        XML_CATALOG.capture({}, at(XML_CATALOG.path, HEAD + "<!-- by hand -->\n</catalog>\n"))
    assert faults(error).splitlines()[0] == (
        "/etc/xml/catalog:5: it is no entity of an XML catalog"
    )
