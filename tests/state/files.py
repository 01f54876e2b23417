"""Small words for tests of state: files out of texts, and one kind built and merged."""

from qlumod.state.kind import StateFile

CORE, SLURM, HA = "core", "slurm", "ha"


def files(**texts):
    """Files by path; in the names of arguments ``__`` stands for a slash."""
    return {f"/{name.replace('__', '/')}": StateFile(data=t.encode()) for name, t in texts.items()}


def at(path, text):
    return {path: StateFile(data=text.encode())}


def text(found, path):
    return found[path].data.decode()


def stack(kind, *modules):
    """Merge modules, given as (name, files below, files above)."""
    return kind.merge([(name, kind.capture(below, above)) for name, below, above in modules])


def faults(error):
    return str(error.value)
