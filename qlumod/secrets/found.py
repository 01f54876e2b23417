"""The result of searching a file: the secrets in it, and the places that were not searched."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A secret that was found. It does not contain the secret's text, so messages may show it."""

    kind: str
    """The name of the kind, with an article: ``a PEM private key``, ``a password in a setting``."""
    private: bool
    """Whether it is a private key, which a spec cannot declare public."""
    where: str = ""
    """The place in the file: ``line 12``, ``a/b.pem in the archive, line 3``; "": all of it."""

    def __str__(self) -> str:
        return f"{self.kind} ({self.where})" if self.where else self.kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A place that was not searched, so that it may contain a secret, and the reason."""

    why: str
    where: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.why}" if self.where else self.why


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """The result for one file, in the order of places; private keys come first."""

    found: tuple[Found, ...] = ()
    unread: tuple[Unread, ...] = ()

    @property
    def private(self) -> bool:
        """Whether there is a private key in the file."""
        return any(found.private for found in self.found)
