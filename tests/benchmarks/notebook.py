"""``python -m tests.benchmarks.notebook``: fifty destinations from a notebook's kernel, beside the command; a ratio, in one run."""

from __future__ import annotations

import asyncio
import json
import statistics
import tempfile
from pathlib import Path

from tests.benchmarks.measure import VALIDATOR, run
from tests.benchmarks.stores import S3, Store, write
from tests.support.notebooks import client

RUNS = 7


async def in_kernel(source: str, endpoint: str) -> list[float]:
    import nbformat

    code = (
        "import json, time, validator\n"
        f"from validator import Settings\nsettings = Settings(endpoints={{'amazon_s3': {endpoint!r}}})\n"
        f"validator.check({source!r}, settings)\ntook = []\n"
        f"for _ in range({RUNS}):\n    began = time.perf_counter(); validator.check({source!r}, settings); took.append(time.perf_counter() - began)\n"
        "print(json.dumps(took))"
    )
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    await client(notebook).async_execute(cleanup_kc=True)
    took: list[float] = json.loads(notebook.cells[0].outputs[0]["text"])
    return took


def main() -> None:
    store = Store(S3)
    with tempfile.TemporaryDirectory() as name, store.wire:
        source = write(Path(name), "50.json", store.sources(50))
        command = statistics.median(
            run([VALIDATOR, "check", "-q", source, "--endpoint", f"amazon_s3={store.wire.url}"]).seconds for _ in range(RUNS)
        )
        cell = statistics.median(asyncio.run(in_kernel(source, store.wire.url)))
    print("50 S3 destinations (budget: 1.0 x the command)")
    print(f"  planet-validator check, a process  {command * 1000:>7.0f} ms   1.00 x")
    print(f"  validator.check in a kernel        {cell * 1000:>7.0f} ms   {cell / command:.2f} x")


if __name__ == "__main__":
    main()
