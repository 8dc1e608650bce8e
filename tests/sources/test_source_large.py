"""Large notebooks, and files that only hand variables on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.programs import GOOD
from validator.core.errors import BadSource
from validator.sources.loader import load_all

pytestmark = pytest.mark.usefixtures("here")


def test_a_notebook_is_read_whatever_its_outputs_weigh() -> None:
    code = "d = " + json.dumps(GOOD) + '\n# "outputs": [ in a comment\n'
    picture = {
        "output_type": "display_data",
        "data": {"image/png": "A" * (2 << 20), "text/plain": ["a\n", "b"]},
        "metadata": {},
    }
    cells = [
        {"cell_type": "code", "metadata": {}, "execution_count": 1, "outputs": [picture], "source": ["import os\n"]},
        {"cell_type": "markdown", "metadata": {}, "attachments": {"a.png": {"image/png": "B"}}, "source": "a"},
        {"cell_type": "code", "metadata": {}, "execution_count": 2, "outputs": [], "source": code.splitlines(keepends=True)},
    ]
    text = json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1)
    Path("big.ipynb").write_text(text)
    (found,) = load_all(["big.ipynb"]).destinations
    place = found.place_of("/parameters/bucket")
    assert found.parameters["bucket"] == GOOD["parameters"]["bucket"]
    assert place.within == "cell 3, line 1"
    assert "imagery" in text.splitlines()[(place.line or 1) - 1]
    Path("big.ipynb").write_text(text.replace("import os", "x" * (1 << 20)))
    with pytest.raises(BadSource, match="beside its outputs it holds more than 1 MiB"):
        load_all(["big.ipynb"])


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("docker-compose.yml", "services:\n  order:\n    environment:\n      BUCKET: imagery-in\n", "Docker Compose"),
        ("deploy.yaml", "apiVersion: v1\nkind: Secret\nstringData:\n  BUCKET: imagery-in\n", "Kubernetes"),
        ("ci.yml", "on: push\njobs:\n  order:\n    runs-on: ubuntu-latest\n    steps: []\n", "workflow of GitHub"),
    ],
)
def test_a_file_that_hands_variables_on_is_named_with_what_to_do(name: str, text: str, said: str) -> None:
    Path(name).write_text(text)
    with pytest.raises(BadSource, match=said) as bad:
        load_all([name])
    assert "name the values in it as ${NAME}" in str(bad.value)
