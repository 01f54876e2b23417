"""What a layer cannot hold is refused, and told with the way on."""

import pytest

from qlumod.errors import QlumodError
from tests.layer.small_release import SmallRelease


def refusal(release: SmallRelease, module: str) -> str:
    with pytest.raises(QlumodError) as raised:
        release.build(module)
    return str(raised.value)


def test_secrets_that_a_link_leads_to_or_a_directory_holds_are_told(release: SmallRelease) -> None:
    assert refusal(release, "linked").startswith(
        "Secrets: /etc/linked/key: a link leads to /var/lib/linked/key, which is not listed\n"
        "To mend it: add '/var/lib/linked/key site' to the field Secrets\n"
        "Secrets: /etc/linked/named: a link leads to /etc/linked/real, which is not listed\n"
        "To mend it: add '/etc/linked/real site' to the field Secrets\n"
        "Secrets: /etc/linked/tree: it is a directory, and its files would be in the layer\n"
        "To mend it: list its files: '/etc/linked/tree/* node'\n"
    )


def test_names_with_newlines_and_sockets_are_refused(release: SmallRelease) -> None:
    names = (r"/var/log/sysstat/sa\x0a01",)
    assert refusal(release, "named") == "".join(
        f"{name}: there is a newline in this name, and no list of paths can hold it\n"
        "To mend it: let the package's script give it another name\n"
        for name in names
    ) + (
        "/etc/left is the socket of a program that runs no more\n"
        "To mend it: let the package's script remove it, or make it below /run"
    )
