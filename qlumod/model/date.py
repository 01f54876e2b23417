"""The Date of a Release file."""

from qlumod.errors import QlumodError
from qlumod.late import late

mail = late("email.utils")


def seconds(date: str) -> int:
    """The time of a Date field, in seconds; raises `QlumodError`."""
    try:
        return int(mail.parsedate_to_datetime(date.replace("UTC", "+0000")).timestamp())
    except (ValueError, TypeError, OverflowError) as fault:
        raise QlumodError(f"{date[:80]!r} is no date of a Release file") from fault
