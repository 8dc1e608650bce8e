"""Runs the documentation's notebook as a reader would. ``python -m tests.support.notebooks`` writes its outputs anew."""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.conftest import ROOT

PREFLIGHT = ROOT / "docs" / "notebooks" / "preflight.ipynb"

_CHANGING = (
    (r"127\.0\.0\.1:\d+", "127.0.0.1:PORT"),
    (r"\s+[\d,]+(?:\.\d+)? m?s\b", " TIME"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z", "MOMENT"),
    (r"pl:destinations/(my-[a-z0-9-]*imagery-)\w{20,24}", r"pl:destinations/\1ID"),
    (r"arn:aws:iam::\d{12}:", "arn:aws:iam::ACCOUNT:"),
    (r"planetverify-[0-9a-f]{8,16}", "planetverify-NAME"),
    (r"/tmp/[\w./-]+", "FILE"),  # noqa: S108 - a place that is named, not used
    (r"version \d+\.\d+\.\d+\S*|planet-validator \d+\.\d+\.\d+", "VERSION"),
)
"""What differs from run to run."""


def steady(text: str) -> str:
    """The text without ports, times and made-up names."""
    for pattern, word in _CHANGING:
        text = re.sub(pattern, word, text)
    return text


def outputs(notebook: Any) -> list[tuple[str, list[Any]]]:
    """Each code cell's source with what it shows, without what differs from run to run."""
    return [(cell.source, [_output(each) for each in cell.outputs]) for cell in notebook.cells if cell.cell_type == "code"]


def _output(output: Any) -> Any:
    shown = output.get("data") or {"text": output.get("text", "")}
    return output.output_type, {
        kind: steady("".join(text) if isinstance(text, list) else str(text)) for kind, text in shown.items()
    }


def read(path: Path = PREFLIGHT) -> Any:
    import nbformat

    return nbformat.read(path, as_version=4)


def client(notebook: Any, **options: Any) -> Any:
    """A client that runs the notebook in this interpreter's own environment, whatever kernels are installed elsewhere."""
    from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient

    class Here(KernelSpecManager):
        def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
            command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
            return KernelSpec(argv=command, display_name=kernel_name, language="python")

    class Manager(AsyncKernelManager):
        kernel_spec_manager_class = Here

    # Sockets of this machine's files: nothing listens on a port.
    place = Path(tempfile.mkdtemp(prefix="kernel-")) / "kernel"
    manager = Manager(kernel_spec_manager=Here(), kernel_name="python3", transport="ipc", ip=str(place))
    return NotebookClient(
        notebook, km=manager, timeout=120, iopub_timeout=120, resources={"metadata": {"path": str(ROOT)}}, **options
    )


def main() -> None:
    import nbformat

    notebook = read()
    client(notebook).execute(cleanup_kc=True)
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
    notebook.metadata = {key: notebook.metadata[key] for key in ("kernelspec", "language_info")}
    notebook.metadata["language_info"] = {"name": "python"}
    nbformat.write(notebook, PREFLIGHT)


if __name__ == "__main__":
    main()
