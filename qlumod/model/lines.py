"""The lines of a text that newlines end, and nothing else: a name may hold all other characters."""


def lines_of(text: str) -> list[str]:
    """The lines without newlines; str.splitlines() would also end one at a form feed or U+2028."""
    return text.removesuffix("\n").split("\n") if text else []
