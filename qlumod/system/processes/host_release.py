"""The release of this machine's distribution (os-release(5))."""

import platform


def host_release() -> str:
    """Its id and version, such as ``debian 12``; empty if the machine does not tell."""
    try:
        told = platform.freedesktop_os_release()
    except OSError:
        return ""
    return " ".join(filter(None, (told.get("ID"), told.get("VERSION_ID"))))
