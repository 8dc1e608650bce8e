"""Takes a fleet apart into files, for the pods of an indexed Job: ``python examples/fleet_parts.py destinations.yaml 8 parts/``.

References stay as they are written: no secret is read.
"""

from __future__ import annotations

import sys
from pathlib import Path

import yaml

from validator import partition


def main(source: str, count: str, folder: str) -> int:
    """Write ``part-0.yaml`` and so on; an index without destinations would fail, so there are never more parts than buckets."""
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    parts = partition(source, int(count))
    for number, part in enumerate(parts):
        (place / f"part-{number}.yaml").write_text(yaml.safe_dump({"destinations": part}, sort_keys=False), encoding="utf-8")
    print(f"{len(parts)} parts: completions of the Job")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
