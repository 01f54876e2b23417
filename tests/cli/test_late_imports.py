"""What is imported late is hidden from the import contracts, so it is listed, with its reason."""

import re

from qlumod.system.own_code import PACKAGE

REASONS = {
    ("cli/configuration.py", "model.address"): "only who names archives needs it",
    ("cli/configuration.py", "model.document"): "only where there is a qlumod.conf",
    ("cli/configuration.py", "model.release"): "only who names archives needs it",
    ("cli/kinds.py", "model.address"): "only who names archives needs it",
    ("cli/kinds.py", "repository.layout"): "a suite's name is checked while it is read",
    ("cli/offers.py", "repository.layout"): "completion offers suites and snapshots",
    ("cli/offers.py", "system.files"): "completion reads the definitions of images",
    ("cli/options.py", "system.limits"): "the limits hold for the whole process",
    ("cli/options.py", "system.ownership"): "a cache of somebody else is refused at once",
    ("cli/options.py", "workflows.workplace"): "what many verbs are given",
    ("cli/screen.py", "system.files"): "the log's directory",
    ("cli/settings.py", "system.limits"): "the usual limits are shown",
    ("workflows/publish.py", "proof.proved"): "only who gives proofs needs it",
}
LATE = re.compile(r"""= late\("qlumod\.([\w.]+)"\)""")


def test_nothing_else_is_imported_late() -> None:
    found = {
        (str(path.relative_to(PACKAGE)), name)
        for path in PACKAGE.rglob("*.py")
        for name in LATE.findall(path.read_text())
    }
    assert found == REASONS.keys()
