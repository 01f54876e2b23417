"""What looking at a file tells: the secrets in it, and what was not looked into."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One secret; its text is nowhere in it, so it may stand in messages and logs."""

    kind: str
    """What people call it, with the article: ``a PEM private key``, ``a password in a setting``."""
    private: bool
    """Whether it is a private key, of which nobody can say that it is public."""
    where: str = ""
    """The place in the file: ``line 12``, ``a/b.pem in the archive, line 3``; empty for all."""

    def __str__(self) -> str:
        return f"{self.kind} ({self.where})" if self.where else self.kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A place that was not looked into, and why: nobody can say that it holds no secret."""

    why: str
    where: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.why}" if self.where else self.why


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """All that looking at one file told, in the order of places; private keys come first."""

    found: tuple[Found, ...] = ()
    unread: tuple[Unread, ...] = ()

    @property
    def private(self) -> bool:
        """Whether there is a private key in the file."""
        return any(found.private for found in self.found)
