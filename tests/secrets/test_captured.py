"""Secrets in captured state: debconf's answers and accounts' hashes."""

import pytest

from qlumod.secrets.captured import Answer, answers, hashes_of, secret_answer


def test_stanzas_become_answers():
    text = (
        "Name: a/password\nTemplate: a/password\nValue: hunter22\nOwners: a\n\nName: b\nOwners: b\n"
    )
    assert tuple(answers(text)) == (
        Answer(name="a/password", value="hunter22"),
        Answer(name="b", value=""),
    )


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (
            Answer(name="x/q", value="anything", type="password"),
            "it answers a question for a password",
        ),
        (Answer(name="x/admin-password", value="hunter22"), "its name asks for a secret"),
        (Answer(name="x/app_password_confirm", value="hunter22"), "its name asks for a secret"),
        (
            Answer(name="x/shared-secret", value="hunter22", type="string"),
            "its name asks for a secret",
        ),
        (Answer(name="x/api-key", value="hunter22"), "its name asks for a secret"),
        (
            Answer(name="x/url", value="mysql://u:hunter22@db/x"),
            "its value holds an address with a password",
        ),
        (
            Answer(name="x/hash", value="$6$abcdefgh$" + "q8Z1kP0vB7nM4xC2w5" * 4),
            "its value holds a hash of a password",
        ),
    ],
)
def test_an_answer_can_be_a_secret(answer, why):
    assert secret_answer(answer) == why


@pytest.mark.parametrize(
    "answer",
    [
        Answer(name="x/password", value=""),
        Answer(name="x/password", value="word", default="word", type="string"),
        Answer(name="x/password-mismatch", value="true"),
        Answer(name="x/password", value="false"),
        Answer(name="x/generate-password", value="true"),
        Answer(name="mysql-server/root_password_again_fail", value="hunter22"),
        Answer(name="libpam/password-policy", value="strong1"),
        Answer(name="x/token-lifetime", value="3600"),
        Answer(name="x/passwd-file", value="/etc/x"),
        Answer(name="x/compass", value="north"),
        Answer(name="tzdata/Zones/Etc", value="UTC"),
        Answer(name="x/hosts", value="a, b"),
    ],
)
def test_others_are_none(answer):
    assert secret_answer(answer) == ""


def test_only_real_hashes_are_told():
    text = "root:*:1:\na:!:1:\nb:!*:1:\nc::1:\nd:$6$x$y:1:\ne:!$6$x$y:1:\nf:x:1:\ng:!!:1:\n"
    assert [found.where for found in hashes_of(text, "/etc/shadow")] == [
        "d in /etc/shadow, line 5",
        "e in /etc/shadow, line 6",
    ]
