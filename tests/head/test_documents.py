"""The head node's documents read back as they were written, whatever they say."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qlumod.model.image import (
    Image,
    ImageName,
    Stack,
    StackLayer,
    StackModule,
    image_text,
    parse_image,
    parse_stack,
    stack_text,
)
from qlumod.model.manifest import PayloadFile
from qlumod.model.names import ArchName, Digest, FlavorName, ModuleName, ReleaseVersion
from qlumod.model.numbers import LAST_SECOND
from qlumod.model.registry import (
    Happened,
    Registered,
    Status,
    parse_registry,
    registry_changes,
    registry_text,
)
from qlumod.model.secret import Secret, SecretKind

# The parser of python-debian takes its time.
FEW = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
NUMBERS = st.integers(0, 1 << 40)
DIGESTS = st.integers(0, (1 << 256) - 1).map(lambda number: Digest(f"{number:064x}"))
MODULES = st.from_regex(r"[a-z0-9]([a-z0-9+-]|\.(?=[a-z0-9])){0,12}", fullmatch=True).map(
    ModuleName
)
WORDS = st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True)
VERSIONS = st.builds(ReleaseVersion, *[st.integers(0, 99)] * 3)
# One line of text as people write it: no blanks at its ends, and something to be seen.
LINES = st.from_regex(r"[A-Za-z0-9äß§]([A-Za-z0-9äß§ .,:()#-]{0,30}[A-Za-z0-9.)])?", fullmatch=True)
UNITS = st.from_regex(r"[a-z][a-z0-9@_.-]{0,8}\.(service|timer)", fullmatch=True)
FILES = st.builds(
    PayloadFile, path=st.from_regex(r"[a-z./]{1,20}", fullmatch=True), sha256=DIGESTS, size=NUMBERS
)
REGISTERED = st.builds(
    Registered,
    module=MODULES,
    version=VERSIONS,
    flavor=WORDS.map(FlavorName),
    architecture=WORDS.map(ArchName),
    title=LINES,
    stack_group=LINES,
    size=NUMBERS,
    package_version=st.sampled_from(["", "14.0.0-1", "1:2~rc1-3"]),
    layer=st.none() | DIGESTS,
    status=st.sampled_from(Status),
    problem=st.just("") | LINES,
)
REGISTRIES = st.lists(REGISTERED, max_size=5, unique_by=lambda entry: entry.key)
STACKS = st.builds(
    Stack,
    image=WORDS.map(ImageName),
    version=VERSIONS,
    flavor=WORDS.map(FlavorName),
    architecture=WORDS.map(ArchName),
    epoch=st.integers(0, LAST_SECOND),
    inputs=DIGESTS,
    kernel_release=st.from_regex(r"[0-9][0-9a-z.+-]{0,20}", fullmatch=True),
    kernel=FILES,
    initrd=FILES,
    modules=st.lists(
        st.builds(
            StackModule,
            module=MODULES,
            version=VERSIONS,
            package_version=st.sampled_from(["", "14.0.0-2"]),
        ),
        min_size=1,
        max_size=3,
        unique_by=str,
    ).map(tuple),
    layers=st.lists(
        st.builds(StackLayer, name=MODULES, file=FILES), min_size=1, max_size=3, unique_by=str
    ).map(tuple),
    secrets=st.lists(
        st.builds(
            Secret,
            path=st.sampled_from(["/etc/munge/munge.key", "/etc/ssh/ssh_host_*_key"]),
            kind=st.sampled_from(SecretKind),
        ),
        max_size=2,
        unique=True,
    ).map(tuple),
)


@FEW
@given(REGISTRIES)
def test_any_registry(entries: list[Registered]) -> None:
    parsed = parse_registry(registry_text(entries), "registry")
    assert parsed == tuple(sorted(entries, key=lambda entry: entry.key))


@FEW
@given(STACKS)
def test_any_stack(stack: Stack) -> None:
    assert parse_stack(stack_text(stack), "stack") == stack


@FEW
@given(
    st.builds(
        Image,
        name=WORDS.filter(lambda word: word != "common").map(ImageName),
        version=st.sampled_from(["14", "14.0", "14.0.3"]),
        flavor=WORDS.map(FlavorName),
        architecture=WORDS.map(ArchName),
        modules=st.lists(MODULES.filter(lambda name: name != "core"), max_size=4, unique=True).map(
            lambda names: tuple(sorted(names))
        ),
        description=st.just("") | LINES,
        enable=st.lists(UNITS, max_size=3, unique=True).map(lambda names: tuple(sorted(names))),
        kernel_arguments=st.sampled_from(["", "quiet", "console=ttyS0,115200n8 quiet"]),
    )
)
def test_any_image(image: Image) -> None:
    assert parse_image(image_text(image), "image") == image


@FEW
@given(REGISTRIES, REGISTRIES)
def test_changes_lead_from_one_registry_to_the_other(
    old: list[Registered], new: list[Registered]
) -> None:
    entries = {entry.key: entry for entry in old}
    for change in registry_changes(old, new):
        if change.what is Happened.REMOVED:
            del entries[change.module.key]
        else:
            entries[change.module.key] = change.module
    assert entries == {entry.key: entry for entry in new}
    assert registry_changes(new, new) == ()
