"""What a trial found stands in comments of a new spec, and is right without the '# '."""

import pytest

from qlumod.model.module_file import parse_spec
from qlumod.model.names import module_name
from qlumod.model.new_spec import Draft, new_spec_text
from qlumod.model.relation import parse_relation
from qlumod.model.spec import ModuleSpec
from tests.support.documents import release

FOUND = {
    "secrets": ("Secrets", "secrets", "/etc/fresh/key site"),
    "wins": ("Wins", "wins", "/etc/issue"),
    "restore": ("Restore", "restore", "linux-image-*: /usr/lib/modules/*/kernel/lib/cordic.ko"),
    "units": ("Disable", "disable", "fresh.service"),
}


def parsed(text: str) -> ModuleSpec:
    (spec,) = parse_spec(text, "fresh.module", release())
    return spec


@pytest.mark.parametrize("found", FOUND)
def test_a_value_that_a_trial_found_is_right_without_the_sign_of_a_comment(found: str) -> None:
    field, attribute, value = FOUND[found]
    draft = Draft(
        module=module_name("fresh"),
        title="Fresh",
        stack_group="HPC Stack",
        flavors=(),
        requires=(module_name("core"),),
        packages=(parse_relation("fresh"),),
        description="fresh",
        **{found: (value,)},  # type: ignore[arg-type]
    )
    text, comment = new_spec_text(draft), f"# {field}:\n#  {value}\n"
    assert comment in text
    assert not getattr(parsed(text), attribute)
    assert getattr(parsed(text.replace(comment, comment.replace("# ", ""))), attribute)
