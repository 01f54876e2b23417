"""What is imported late is hidden from the import contracts, so it is listed, with its reason."""

import re

from qlumod.system.disk.own_code import PACKAGE

REASONS = {
    ("cli/settings/reading.py", "model.address"): "only who names archives needs it",
    ("cli/settings/reading.py", "model.release_archives"): "only who names archives needs it",
    ("cli/settings/values.py", "model.address"): "only who names archives needs it",
    ("cli/show.py", "cli.show_specs"): "the head node has no build half",
    ("cli/options.py", "system.processes.limits"): "the limits hold for the whole process",
    ("cli/settings/table.py", "system.processes.limits"): "the usual limits are shown",
    ("cli/options.py", "workflows.workplace"): "the head node has no build half",
    ("packaging/debian/answers.py", "secrets.captured"): "only a gate for secrets needs it",
    ("workflows/publish.py", "proof.known_permits"): "only who gives proofs needs it",
}
LATE = re.compile(r"""= late\("qlumod\.([\w.]+)"\)""")


def test_nothing_else_is_imported_late() -> None:
    found = {
        (str(path.relative_to(PACKAGE)), name)
        for path in PACKAGE.rglob("*.py")
        for name in LATE.findall(path.read_text())
    }
    assert found == REASONS.keys()
