"""Give each reader mutated documents for FUZZ_SECONDS, and print what came out: make fuzz."""

import os
import sys
from concurrent.futures import ProcessPoolExecutor

from tests.fuzz.readers import READERS
from tests.fuzz.run import Result, tried

SECONDS = float(os.environ.get("FUZZ_SECONDS", "20"))


def _one(at: int) -> tuple[str, bytes]:
    result = tried(READERS[at], SECONDS, large=True)
    return _row(result), result.example if result.surprises else b""


def _row(result: Result) -> str:
    per_mb = result.seconds * (1 << 20) / result.size
    slowest, kind = result.slowest
    told = "; ".join(f"{what} ({count})" for what, count in result.surprises.most_common(5)) or "-"
    name = result.reader.name
    return f"{name:42} {result.documents:8} {per_mb:8.2f} {slowest:8.2f} {kind:12} {told}"


def main() -> int:
    """The exit code: 1 where a reader let anything out but a value or a QlumodError."""
    wanted = [at for at, one in enumerate(READERS) if not sys.argv[1:] or one.name in sys.argv[1:]]
    print(
        f"{'reader':42} {'documents':>8} {'s/MB':>7} {'slowest':>8} {'':12} exceptions", flush=True
    )
    failed = 0
    with ProcessPoolExecutor() as pool:
        for row, example in pool.map(_one, wanted):
            print(row, flush=True)
            if example:
                failed = 1
                print(f"    {example[:300]!r}")
    return failed


if __name__ == "__main__":
    sys.exit(main())
