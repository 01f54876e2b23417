"""The lines of a text: only newlines end them, since names may contain all other characters."""


def lines_of(text: str) -> list[str]:
    """The lines without newlines; str.splitlines() would also split at a form feed or U+2028."""
    return text.removesuffix("\n").split("\n") if text else []
