"""What a script printed, in parts: each begins with a line ``== MARK``."""

from dataclasses import dataclass

BEGIN = "== "


@dataclass(frozen=True)
class Transcript:
    """How a script ended and what it printed."""

    status: int
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """All of it."""
        return "\n".join(self.lines)

    def after(self, mark: str) -> list[str]:
        """The lines behind a mark, up to the next one."""
        rest = self.lines[self.lines.index(f"{BEGIN}{mark}") + 1 :]
        end = next((n for n, line in enumerate(rest) if line.startswith(BEGIN.rstrip())), len(rest))
        return list(rest[:end])

    def require(self) -> "Transcript":
        """Itself, if the script ended well."""
        assert self.status == 0, self.text
        return self
