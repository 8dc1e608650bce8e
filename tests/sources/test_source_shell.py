"""Command lines: ``planet`` and ``curl``, as they stand in scripts, in documentation and in a terminal's history."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.cases import in_parts
from tests.support.programs import ENV, GOOD, plain, read_line, unresolved
from validator.checking.assemble import lint
from validator.core.errors import BadSource

pytestmark = pytest.mark.usefixtures("here")

S3 = GOOD["parameters"]
COMPATIBLE = (
    "s3-compatible --bucket in --endpoint https://objects.example.com --region us-east-1 --access-key-id EXAMPLEID"
    " --secret-access-key EXAMPLESECRET --use-path-style"
)
CREATE = "destinations create s3 --bucket imagery-in --region eu-west-1 --access-key-id AKIAEXAMPLEEXAMPLE12 --secret-access-key EXAMPLE"
OPTIONS = "--bucket imagery-in --region eu-west-1 --access-key-id AKIAEXAMPLEEXAMPLE12"


@pytest.mark.parametrize(
    ("line", "type_", "parameters"),
    [
        (f"s3 {OPTIONS} --secret-access-key {S3['aws_secret_access_key']}", "amazon_s3", S3),
        (
            f"s3 --explicit-sse {OPTIONS} --secret-access-key={S3['aws_secret_access_key']}",
            "amazon_s3",
            {**S3, "explicit_sse": True},
        ),
        (
            COMPATIBLE,
            "s3_compatible",
            {
                "bucket": "in",
                "endpoint": "https://objects.example.com",
                "region": "us-east-1",
                "access_key_id": "EXAMPLEID",
                "secret_access_key": "EXAMPLESECRET",
                "use_path_style": True,
            },
        ),
        (
            "ocs --bucket in --access-key-id EXAMPLEID --secret-access-key EXAMPLESECRET --namespace ours --region us-ashburn-1",
            "oracle_cloud_storage",
            {
                "bucket": "in",
                "customer_access_key_id": "EXAMPLEID",
                "customer_secret_key": "EXAMPLESECRET",
                "namespace": "ours",
                "region": "us-ashburn-1",
            },
        ),
        (
            "azure --container in --account ours --sas-token '?sv=EXAMPLE&sig=EXAMPLE'",
            "azure_blob_storage",
            {"container": "in", "account": "ours", "sas_token": "?sv=EXAMPLE&sig=EXAMPLE"},
        ),
        ("gcs --bucket in --credentials EXAMPLE==", "google_cloud_storage", {"bucket": "in", "credentials": "EXAMPLE=="}),
    ],
)
@in_parts("start", ["planet ", "$ planet ", "planet --quiet ", "FOO=bar planet ", "  planet "])
def test_planet_destinations_create(start: str, line: str, type_: str, parameters: dict[str, Any]) -> None:
    (found,) = read_line(f"{start}destinations create {line} --name 'our imagery'\n")
    assert (found.name, found.type, found.form) == ("our imagery", type_, "shell")
    assert plain(found) == parameters
    assert "unknown-parameter" not in [each.name for each in lint([found]).destinations[0].findings]


def test_a_command_over_several_lines_is_located() -> None:
    (found,) = read_line(
        "# ours\nplanet destinations create s3 \\\n  --bucket 'imagery-in ' \\\n  --region eu-west-1 \\\n"
        '  --access-key-id AKIAEXAMPLEEXAMPLE12 \\\n  --secret-access-key "$SECRET"\n',
        env=ENV,
    )
    (finding,) = lint([found]).destinations[0].findings
    assert (finding.name, finding.line) == ("stray-whitespace", 3)
    assert plain(found)["aws_secret_access_key"] == ENV["SECRET"]


def test_options_that_are_wrong_are_judged_like_any_parameter() -> None:
    (found,) = read_line("planet destinations create s3 --bucket in --aws-region eu-west-1\n")
    assert "missing-parameter" in [each.name for each in lint([found]).destinations[0].findings]


@pytest.mark.parametrize("command", ["orders", "subscriptions"])
def test_orders_and_subscriptions(command: str) -> None:
    order = {"amazon_s3": {**S3, "path_prefix": "nightly"}}
    subscription = {"type": "amazon_s3", "parameters": {**S3, "path_prefix": "nightly"}}
    delivery = order if command == "orders" else subscription
    Path("delivery.json").write_text(json.dumps(delivery))
    Path("request.json").write_text(json.dumps({"name": "nightly", "delivery": delivery}))
    for line in (
        f"planet {command} request x --name nightly --delivery '{json.dumps(delivery)}'",
        f"planet {command} request x --name nightly --delivery delivery.json",
        f"planet {command} request x --name nightly --delivery - < delivery.json",
        f"cat delivery.json | planet {command} request x --name nightly --delivery -",
        f"planet {command} create request.json",
        f"cat request.json | planet {command} create -",
        f"planet {command} create - <<'EOF'\n{json.dumps({'name': 'nightly', 'delivery': delivery})}\nEOF",
    ):
        (found,) = read_line(line)
        assert (found.name, found.type, found.path_prefix) == ("nightly", "amazon_s3", "nightly"), line
        assert plain(found) == S3
    (found,) = read_line(f"planet orders request x --name nightly --cloudconfig '{json.dumps(order)}'")
    assert plain(found) == S3


@pytest.mark.parametrize(
    "written",
    [
        "\"$(cat key.json | base64 | tr -d '\\n')\"",
        '"$(base64 -w0 key.json)"',
        '"$(base64 -w 0 < key.json)"',
        "$(base64 -i key.json)",
        "`base64 -w0 key.json`",
        '"$CREDENTIALS"',
    ],
)
def test_a_key_file_that_is_encoded_on_the_way(written: str) -> None:
    import base64

    Path("key.json").write_text('{"type": "service_account"}\n')
    (found,) = read_line(
        f"CREDENTIALS=$(base64 -w0 key.json)\nplanet destinations create gcs --bucket in --credentials {written}\n"
    )
    assert not unresolved(found)
    assert base64.b64decode(plain(found)["credentials"]) == Path("key.json").read_bytes()


def test_updates_are_named() -> None:
    with pytest.raises(BadSource, match="planet-validator update DESTINATION_ID"):
        read_line("planet destinations update s3 our-id --access-key-id AKIAEXAMPLEEXAMPLE12 --secret-access-key x\n")
    with pytest.raises(BadSource, match="there is no destination in these commands"):
        read_line("planet orders list --state success\n")


SENT = 'curl -d \'{"type": "amazon_s3", "parameters": {"bucket": "\'"$B"\'"}}\' https://api.planet.com/destinations/v1'


@pytest.mark.parametrize(
    "line",
    [
        "builtin eval 'B=other'", "command eval 'B=other'", "builtin read B < f", "command -p read B", "builtin source ./x.sh", "builtin unset B",
        "builtin printf -v B other", "builtin mapfile B < f", "trap 'B=other' DEBUG", "trap 'B=other' SIGCHLD", "trap 'read B < f' ERR", 'trap "$X" DEBUG',
        "f() { B=other; }\ntrap f DEBUG", "trap f ERR\nf() { B=other; }",
    ],
)  # fmt: skip
def test_what_changes_a_variable_unseen_is_not_believed_to_have_left_it(line: str) -> None:
    (found,) = read_line(f"B=imagery-in\n{line}\n{SENT}\n", "x.sh")
    assert [each.name for each in found.problems if each.pointer == "/parameters/bucket"] == ["unresolved-reference"]


@pytest.mark.parametrize(
    ("line", "bucket"),
    [
        ("builtin export B=other", "other"), ("command declare B=other", "other"), ("trap 'rm -f \"$tmp\"' EXIT INT TERM", "imagery-in"),
        ("trap 'B=other' EXIT", "imagery-in"), ("trap 'echo \"failed at $LINENO\" >&2' ERR", "imagery-in"), ("trap - ERR", "imagery-in"),
        ("trap", "imagery-in"), ("hash -r", "imagery-in"),
        # Shown although they are never sent: whoever reads a script sees them too.
        ("exit 0", "imagery-in"), ("false &&", "imagery-in"),
    ],
)  # fmt: skip
def test_what_changes_nothing_unseen_is_followed(line: str, bucket: str) -> None:
    (found,) = read_line(f"B=imagery-in\n{line}{' ' if line.endswith('&&') else chr(10)}{SENT}\n", "x.sh")
    assert found.parameters["bucket"] == bucket


@pytest.mark.parametrize("line", ["hash -p /tmp/x curl", "enable -f ./x.so curl"])
def test_another_program_under_a_known_name_is_refused(line: str) -> None:
    with pytest.raises(BadSource, match="defines a curl of its own"):
        read_line(f"B=imagery-in\n{line}\n{SENT}\n", "x.sh")


@pytest.mark.parametrize(
    "before",
    ["sudo -E", "sudo -u geo", "env -u X", "sudo -E env A=b", "A=b uv run", "uvx --from planet", "poetry run", "conda run -n planet", "timeout 60",
     "nice -n 5", "op run --", "aws-vault exec planet --", "nohup", "docker run --rm -e PL_API_KEY=$PL_API_KEY geo", "podman exec $ID",
     "docker compose run geo", "docker run planetlabs/planet", "kubectl exec -it geo-0 --", "ssh -p 22 geo@host"],
)  # fmt: skip
def test_a_command_that_another_runs_is_read(before: str) -> None:
    (found,) = read_line(f"{before} planet {CREATE}", "line.sh")
    assert plain(found)["bucket"] == "imagery-in"


@pytest.mark.parametrize(
    "module", ["python -m planet.cli.cli", "python3.12 -u -m planet.cli", "uv run python -m planet", "py -m planet.cli.cli"]
)
def test_planets_command_line_as_a_module(module: str) -> None:
    for name in ("line.sh", "line.txt"):
        (found,) = read_line(f"{module} {CREATE}", name)
        assert plain(found)["bucket"] == "imagery-in"


@in_parts(
    ("line", "said"),
    [
        (f"cat buckets | xargs -n1 planet {CREATE}", "given words that only a run shows, so .* is not read"),
        (f"parallel planet {CREATE} ::: a b", "given words that only a run shows, so .* is not read"),
        (f"ssh host 'planet {CREATE}'", "another shell reads this once more, .* is not read; .* of its own"),
        (f'ssh host planet {CREATE} --name "our imagery"', "another shell reads this once more"),
        (f"ssh host planet {CREATE} --name $X", "another shell reads this once more"),
        (f"bash -c 'planet {CREATE}'", "another shell reads this once more"),
        (f"docker run geo sh -c 'planet {CREATE}'", "another shell reads this once more"),
        ("docker run geo planet orders create order.json", "is not read"),
        (f"docker run --rm planet-client {CREATE}", "line 1: what this command sends to Planet is not read"),
        (f"python make.py planet {CREATE}", "is not read"),
        (f"watch planet {CREATE}", "is not read"),
        (f"sudo -E $TOOL planet {CREATE}", "is not read"),
    ],
)
def test_what_another_may_change_is_not(line: str, said: str) -> None:
    with pytest.raises(BadSource, match=said):
        read_line(line, "line.sh")


def test_the_programs_folder_and_its_own_options_say_nothing_of_the_destination() -> None:
    for program in (
        "$HOME/.local/bin/planet",
        "./venv/bin/planet",
        "planet --auth-api-key PLAKEXAMPLE --quiet",
        "planet --auth-client-id=x",
    ):
        (found,) = read_line(f"{program} {CREATE}", "line.sh")
        assert set(plain(found)) == {"bucket", "aws_region", "aws_access_key_id", "aws_secret_access_key"}


@pytest.mark.parametrize(
    "before", ["sudo -E", "$ uv run", "aws-vault exec geo --", "docker run geo", "cd geo && docker run geo"]
)
def test_a_pasted_line_with_another_command_before_it_is_recognised(before: str) -> None:
    (found,) = read_line(f"{before} planet {CREATE}\n")
    assert plain(found)["bucket"] == "imagery-in"
