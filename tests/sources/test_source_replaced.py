"""What a program or a script puts in the place of the calls and commands that are followed: it is said, and nothing of it is believed."""

from __future__ import annotations

from pathlib import Path

import pytest

from validator.core.errors import BadSource
from validator.sources.loader import References, load_all

pytestmark = pytest.mark.usefixtures("here")

REQUEST = (
    '{"name": "one of ours", "type": "amazon_s3", "parameters": {"bucket": "imagery-in", "aws_region": "eu-west-1",'
    ' "aws_access_key_id": "AKIAEXAMPLEEXAMPLE12", "aws_secret_access_key": "EXAMPLE"}}'
)
CREATE = (
    "planet destinations create s3 --bucket imagery-in --aws-region eu-west-1 --aws-access-key-id X --aws-secret-access-key Y"
)
POST = f"curl -d '{REQUEST}' https://api.planet.com/destinations/v1"
HELPER = (
    'order = {"name": "o", "delivery": order_request.amazon_s3("AKIAEXAMPLEEXAMPLE12", "EXAMPLE", "imagery-in", "eu-west-1")}\n'
)
IMPORT = "import os, planet, sys\nfrom planet import order_request\n"


def buckets(text: str, name: str) -> tuple[list[object], str]:
    """The buckets that are read, and what is said of the rest."""
    Path(name).write_text(text)
    try:
        found = load_all([name], references=References(env={"BUCKET": "from-outside"})).destinations
    except BadSource as bad:
        return [], str(bad)
    said = [each.detail for one in found for each in one.problems if each.name in ("unreadable-source", "unresolved-reference")]
    return [each.parameters.get("bucket") for each in found if each.type], " ".join(said)


@pytest.mark.parametrize(
    "text",
    [
        f'planet() {{ command planet "$@" --name other; }}\n{CREATE}\n',
        f'planet () {{\n  command planet "$@"\n}}\n{CREATE}\n',
        f"function planet {{ echo; }}\n{CREATE}\n",
        f"function planet() {{ echo; }}\n{CREATE}\n",
        f"alias planet='echo'\n{CREATE}\n",
        f"if true; then alias ll=ls planet=echo; fi\n{CREATE}\n",
        f"send() {{\n{CREATE}\n}}\nplanet() {{ echo; }}\nsend\n",
        f"alias curl='curl --data-binary @other.json'\n{POST}\n",
        f'curl() {{ /usr/bin/curl -s "$@"; }}\n{POST}\n',
    ],
)
def test_a_script_with_a_planet_or_curl_of_its_own_is_not_judged(text: str) -> None:
    found, said = buckets(text, "deploy.sh")
    assert found == []
    assert "of its own, so what it sends here is not known" in said


def test_a_function_of_another_name_costs_nothing() -> None:
    assert buckets(f'say() {{ echo "$@"; }}\nalias ll=ls\n{CREATE}\n{POST}\n', "deploy.sh") == (["imagery-in"] * 2, "")


@pytest.mark.parametrize(
    "text",
    [
        f"api() {{ curl -s -u key: \"$@\"; }}\napi -d '{REQUEST}' https://api.planet.com/destinations/v1\n",
        'api() { curl -s -X POST "$@" https://api.planet.com/destinations/v1; }\napi -d @order.json\n',
    ],
)
def test_what_goes_to_planet_through_a_function_is_said(text: str) -> None:
    found, said = buckets(f"{CREATE}\n{text}", "deploy.sh")
    assert found == ["imagery-in"]
    assert "hat this command sends to Planet is not read" in said


@pytest.mark.parametrize(
    "text",
    [
        f"ID=$({CREATE} | jq -r .id)\n",
        f"ID=`{CREATE}`\n",
        f"if ! ID=$({CREATE}); then exit 1; fi\n",
        f'RESPONSE="$(\n  {POST}\n)"\necho "$RESPONSE"\n',
        f"jq . <<< $({POST})\n",
    ],
)
def test_what_a_command_in_a_substitution_sends_is_read(text: str) -> None:
    assert buckets(text, "deploy.sh") == (["imagery-in"], "")


def test_a_substitution_changes_no_variable_or_folder_of_the_script() -> None:
    Path("order.json").write_text(REQUEST)
    text = f"B=mine\nX=$(B=other; cd /tmp; echo)\n{CREATE.replace('imagery-in', '$B')}\ncurl -d @order.json https://api.planet.com/destinations/v1\n"
    assert buckets(text, "deploy.sh") == (["mine", "imagery-in"], "")


@pytest.mark.parametrize(("folder", "known"), [('"$(dirname "$0")"', True), ("work", False), ('"$WORK"', False)])
def test_a_file_in_another_folder_is_not_the_one_beside_the_script(folder: str, known: bool) -> None:
    Path("order.json").write_text(REQUEST)
    found, said = buckets(f"cd {folder}\ncurl -d @order.json https://api.planet.com/destinations/v1\n", "deploy.sh")
    assert (found, bool(said)) == ((["imagery-in"], False) if known else ([], True))


@pytest.mark.parametrize(
    "text",
    [
        f"order_request.amazon_s3 = mine\n{HELPER}",
        f"planet.order_request = mine\n{HELPER}".replace("= order_request", "= planet.order_request").replace(
            'y": order', 'y": planet.order'
        ),
        f"planet.order_request.amazon_s3 = mine\n{HELPER}",
        f"del order_request.amazon_s3\n{HELPER}",
        f"setattr(order_request, 'amazon_s3', mine)\n{HELPER}",
        f"setattr(order_request, name, mine)\n{HELPER}",
        f"sys.modules['planet'] = mine\nfrom planet import order_request\n{HELPER}",
        f"for order_request.amazon_s3 in mine:\n    pass\n{HELPER}",
        f"with open_() as order_request.amazon_s3:\n    pass\n{HELPER}",
        f"from unittest.mock import patch\nwith patch('planet.order_request.amazon_s3', mine):\n    {HELPER}",
        f"from unittest.mock import patch\nwith patch.object(order_request, 'amazon_s3', mine):\n    {HELPER}",
        f"@patch('planet.order_request.amazon_s3')\ndef test_it(made):\n    {HELPER}",
        f"def change():\n    order_request.amazon_s3 = mine\n{HELPER}",
        f"def build():\n    {HELPER}\norder_request.amazon_s3 = mine\nbuild()\n",
    ],
)
def test_a_helper_that_the_program_replaces_is_not_believed(text: str) -> None:
    found, said = buckets(IMPORT + text, "order.py")
    assert found == []
    assert "the program puts something of its own in the place of this function" in said


@pytest.mark.parametrize(
    "text",
    [
        "os.environ = {'BUCKET': 'mine'}\n",
        "os.getenv = mine\n",
        "os.environ.get = mine\n",
        "from unittest.mock import patch\nwith patch.dict(os.environ, {'BUCKET': 'mine'}):\n    pass\n",
    ],
)
def test_an_environment_that_the_program_replaces_is_not_asked(text: str) -> None:
    read = (
        "os.getenv('BUCKET')" if "getenv" in text else "os.environ.get('BUCKET')" if ".get" in text else "os.environ['BUCKET']"
    )
    Path("order.py").write_text(IMPORT + text + HELPER.replace('"imagery-in"', read))
    (found,) = load_all(["order.py"], references=References(env={"BUCKET": "from-outside"})).destinations
    assert found.parameters["bucket"] == ""
    assert [each.pointer for each in found.problems if each.name == "unresolved-reference"] == ["/parameters/bucket"]


def test_what_a_program_replaces_of_its_own_costs_nothing() -> None:
    text = "import logging\nlogging.disable = None\nplanet.verbose = True\nsetattr(sys, 'tracebacklimit', 0)\nclass A: pass\nA.amazon_s3 = 1\n"
    assert buckets(IMPORT + text + HELPER, "order.py") == (["imagery-in"], "")


@pytest.mark.parametrize(
    "text",
    [
        f"import os\nos.system({CREATE!r})\n",
        f"import subprocess\nsubprocess.run({CREATE.split()!r}, check=True)\n",
        f"import subprocess\nsubprocess.check_output({POST!r}, shell=True)\n",
        "import subprocess\nsubprocess.run(['curl', '--json', '@order.json', 'https://api.planet.com/compute/ops/orders/v2'])\n",
    ],
)
def test_a_command_that_a_program_runs_is_said(text: str) -> None:
    found, said = buckets(f"{IMPORT}{HELPER}pl.orders.create_order(order)\n{text}", "order.py")
    assert found == ["imagery-in"]
    assert "hat this command sends to Planet is not read" in said


def test_other_commands_that_a_program_runs_cost_nothing() -> None:
    text = "import os, subprocess\nos.system('ls')\nsubprocess.run(['curl', 'https://api.planet.com/compute/ops/orders/v2'])\n"
    assert buckets(IMPORT + HELPER + text, "order.py") == (["imagery-in"], "")


@pytest.mark.parametrize(
    "text",
    [
        f"printf '%s' one two | xargs -I@ {CREATE.replace('imagery-in', '@')}\n",
        f"parallel --jobs 2 {CREATE}\n",
        f'bash -c "{CREATE}"\n',
        f"ssh host <<END\n{CREATE}\nEND\n",
        "python3 <<END\npl.destinations.create_destination(x)\nEND\n",
        "python3 -c 'pl.orders.create_order(x)'\n",
    ],
)
def test_what_another_program_sends_is_said(text: str) -> None:
    found, said = buckets(f"{CREATE}\n{text}", "deploy.sh")
    assert found == ["imagery-in"]
    assert "hat this command sends to Planet is not read" in said


def test_what_is_only_told_or_written_costs_nothing() -> None:
    text = f"echo 'run {CREATE}'\ncat > run.sh <<END\n{CREATE}\nEND\ngrep create_order( order.py\n".replace(
        "create_order(", "create_order"
    )
    assert buckets(f"{CREATE}\n{text}", "deploy.sh") == (["imagery-in"], "")
