"""Command lines: ``planet`` and ``curl``, as they stand in scripts, in documentation and in a terminal's history."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sources.test_source_files import GOOD
from tests.support.programs import ENV, plain, unresolved
from validator.checking.assemble import lint
from validator.core.errors import BadSource
from validator.core.model import Destination
from validator.sources.loader import References, load_all

BODY = json.dumps(GOOD)
S3 = {
    "bucket": "imagery-in",
    "aws_region": "eu-west-1",
    "aws_access_key_id": "AKIAEXAMPLEEXAMPLE12",
    "aws_secret_access_key": "EXAMPLE/" + "k" * 32,
}
COMPATIBLE = (
    "s3-compatible --bucket in --endpoint https://objects.example.com --region us-east-1 --access-key-id EXAMPLEID"
    " --secret-access-key EXAMPLESECRET --use-path-style"
)
CREATE = "destinations create s3 --bucket imagery-in --region eu-west-1 --access-key-id AKIAEXAMPLEEXAMPLE12 --secret-access-key EXAMPLE"
OPTIONS = "--bucket imagery-in --region eu-west-1 --access-key-id AKIAEXAMPLEEXAMPLE12"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def read(text: str, name: str = "line.txt", **told: Any) -> list[Destination]:
    Path(name).write_text(text)
    return list(load_all([name], references=References(**told)).destinations)


# ---- planet ------------------------------------------------------------------------------------------------------------


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
@pytest.mark.parametrize("start", ["planet ", "$ planet ", "planet --quiet ", "FOO=bar planet ", "  planet "])
def test_planet_destinations_create(start: str, line: str, type_: str, parameters: dict[str, Any]) -> None:
    (found,) = read(f"{start}destinations create {line} --name 'our imagery'\n")
    assert (found.name, found.type, found.form) == ("our imagery", type_, "shell")
    assert plain(found) == parameters
    assert "unknown-parameter" not in [each.name for each in lint([found]).destinations[0].findings]


def test_a_command_over_several_lines_is_located() -> None:
    (found,) = read(
        "# ours\nplanet destinations create s3 \\\n  --bucket 'imagery-in ' \\\n  --region eu-west-1 \\\n"
        '  --access-key-id AKIAEXAMPLEEXAMPLE12 \\\n  --secret-access-key "$SECRET"\n',
        env=ENV,
    )
    (finding,) = lint([found]).destinations[0].findings
    assert (finding.name, finding.line) == ("stray-whitespace", 3)
    assert plain(found)["aws_secret_access_key"] == ENV["SECRET"]


def test_options_that_are_wrong_are_judged_like_any_parameter() -> None:
    (found,) = read("planet destinations create s3 --bucket in --aws-region eu-west-1\n")
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
        (found,) = read(line)
        assert (found.name, found.type, found.path_prefix) == ("nightly", "amazon_s3", "nightly"), line
        assert plain(found) == S3
    (found,) = read(f"planet orders request x --name nightly --cloudconfig '{json.dumps(order)}'")
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
    (found,) = read(f"CREDENTIALS=$(base64 -w0 key.json)\nplanet destinations create gcs --bucket in --credentials {written}\n")
    assert not unresolved(found)
    assert base64.b64decode(plain(found)["credentials"]) == Path("key.json").read_bytes()


def test_updates_are_named() -> None:
    with pytest.raises(BadSource, match="planet-validator update DESTINATION_ID"):
        read("planet destinations update s3 our-id --access-key-id AKIAEXAMPLEEXAMPLE12 --secret-access-key x\n")
    with pytest.raises(BadSource, match="there is no destination in these commands"):
        read("planet orders list --state success\n")


# ---- curl --------------------------------------------------------------------------------------------------------------

URL = "https://api.planet.com/destinations/v1"


@pytest.mark.parametrize(
    "line",
    [
        f"curl -X POST {URL} -H 'Content-Type: application/json' -u \"$PL_API_KEY:\" -d '{BODY}'",
        f"curl -X POST {URL} -H 'Content-Type: application/json' \\\n  --data '{BODY}'",
        f"curl --data-raw '{BODY}' {URL}",
        f"curl --json '{BODY}' {URL}",
        f"curl --json='{BODY}' {URL}",
        f"curl -sSd '{BODY}' {URL}",
        f"curl -XPOST -d'{BODY}' {URL}",
        f"curl {URL} -d {json.dumps(BODY)}",
        f"curl -d @dest.json {URL}",
        f"curl -d@dest.json {URL}",
        f"curl --data-binary @./dest.json {URL}",
        f"curl --json @- {URL} < dest.json",
        f"cat dest.json | curl -d @- {URL}",
        f"echo '{BODY}' | curl -d @- {URL}",
        f"curl -d @- {URL} <<'EOF'\n{json.dumps(GOOD, indent=2)}\nEOF",
        f"curl -d @- {URL} <<-EOF\n\t{BODY}\n\tEOF",
        f'curl -d "$(cat dest.json)" {URL}',
        f"curl -d \"$(cat <<'EOF'\n{json.dumps(GOOD, indent=1)}\nEOF\n)\" {URL}",
        f"BODY='{BODY}'\ncurl -d \"$BODY\" {URL}",
        f"$ curl -d '{BODY}' {URL}\n",
        f"#!/bin/bash\nset -e\ncurl -d '{BODY}' {URL} | jq .\n",
        f"curl -d $'{BODY}' {URL}",
    ],
)
def test_curl(line: str) -> None:
    Path("dest.json").write_text(BODY)
    (found,) = read(line)
    assert (found.name, found.type) == (GOOD["name"], "amazon_s3")
    assert plain(found) == S3


def test_variables_in_a_body() -> None:
    body = '{"name": "ours", "type": "amazon_s3", "parameters": {"bucket": "x-$BUCKET", "aws_region": "${REGION:-eu-west-1}", "aws_access_key_id": "AKIAEXAMPLEEXAMPLE12", "aws_secret_access_key": "'
    quoted = body.replace('"', '\\"')
    for line in (
        f'curl {URL} -d "{quoted}$SECRET\\"}}}}"\n',
        f'curl {URL} -d @- <<EOF\n{body}${{SECRET}}"}}}}\nEOF\n',
    ):
        (found,) = read(line, env={"BUCKET": "imagery", **ENV})
        assert plain(found) == {**S3, "bucket": "x-imagery", "aws_secret_access_key": ENV["SECRET"]}
    (found,) = read(f"curl {URL} -d '{body}'\"$SECRET\"'\"}}}}'\n", env={"BUCKET": "imagery", **ENV})
    assert plain(found)["aws_secret_access_key"] == ENV["SECRET"]
    (found,) = read(f"curl {URL} -d @- <<'EOF'\n{body}$SECRET\"}}}}\nEOF\n", env={"BUCKET": "imagery", **ENV})
    assert plain(found)["aws_secret_access_key"] == "$SECRET", "in single quotes a shell replaces nothing"


def test_a_body_is_located() -> None:
    (found,) = read(
        f"# ours\ncurl {URL} -d @- <<'EOF'\n{json.dumps({**GOOD, 'parameters': {**S3, 'bucket': ' in'}}, indent=1)}\nEOF\n"
    )
    (finding,) = [each for each in lint([found]).destinations[0].findings if each.name == "stray-whitespace"]
    assert finding.line == 7


def test_several_commands_keep_their_own() -> None:
    found = read(
        f"BUCKET=first\nplanet destinations create s3 --bucket $BUCKET --region eu-west-1 --name one\n"
        f"BUCKET=second\nplanet destinations create s3 --bucket $BUCKET --region eu-west-1 --name two\ncurl -d '{BODY}' {URL}\n"
    )
    assert [(each.name, plain(each)["bucket"]) for each in found] == [
        ("one", "first"),
        ("two", "second"),
        (GOOD["name"], "imagery-in"),
    ]


@pytest.mark.parametrize(
    ("before", "said"),
    [
        ('if [ -n "$PROD" ]; then\n  B=first\nelse\n  B=second\nfi\n', "may not run"),
        ("for B in one two; do\n  echo $B\ndone\n", "may not run"),
        ("while true; do B=x; done\n", "may not run"),
        ("case $1 in\n a) B=first;;\n b) B=second;;\nesac\n", "may not run"),
        ("set_it() {\n  B=first\n}\nset_it\n", "only a run shows"),
        ("(B=first)\n", "may not run"),
        ('test -n "$X" && B=first\n', "may not run"),
        ("read -r B\n", "asked for"),
        ("A=x B=$A\n", "may not run"),
        ("B=only-here true\n", "not set"),
        ("B=$(vault read bucket)\n", "what a command prints"),
        ("B=$1\n", "only a run"),
        ("B=first\nunset B\n", "changes it"),
        ("B=first\nB+=second\n", "changes it"),
        ("B=(first second)\nB[0]=third\n", "changes it"),
        ('B=first\neval "B=second"\n', "changes it"),
        ("B=first\nprintf -v B second\n", "changes it"),
        ("B=first\nmapfile -t B < file\n", "changes it"),
        ("", "not set"),
    ],
)
def test_what_only_a_run_would_show_stays_a_reference_that_says_so(before: str, said: str) -> None:
    (found,) = read(f'{before}planet destinations create s3 --bucket "$B" --region eu-west-1\n', env={})
    assert said in unresolved(found)["bucket"]


@pytest.mark.parametrize(
    "before",
    [
        "sed -i s/imagery-in/other/ dest.json",
        "jq . x.json > dest.json",
        "echo {} >> ./dest.json",
        "generate | tee dest.json",
        "cp x.json dest.json",
        "mv x.json dest.json",
        "cd elsewhere",
        "pushd elsewhere",
        "if x; then\ncat > dest.json <<'EOF'\n{}\nEOF\nfi",
    ],
)
@pytest.mark.parametrize("send", ["-d @dest.json", "-d @./dest.json", '-d "$(cat dest.json)"', "--json @- < dest.json"])
def test_a_file_that_the_script_may_have_written_is_not_what_it_was(before: str, send: str) -> None:
    Path("dest.json").write_text(BODY)
    with pytest.raises(BadSource, match="only a run shows what is in it"):
        read(f"{before}\ncurl {send} {URL}\n")


def test_a_file_that_the_script_writes_out_of_a_here_document() -> None:
    Path("dest.json").write_text(json.dumps({**GOOD, "name": "an old one"}))
    (found,) = read(f"cat > dest.json <<'EOF'\n{BODY}\nEOF\ncurl -d @dest.json {URL}\n")
    assert (found.name, found.places[""].line) == (GOOD["name"], 2)
    (found,) = read(f'cd "$(dirname "$0")"\ncurl -d @dest.json {URL} > answer.json 2>&1\n')
    assert found.name == "an old one"


def test_variables_of_the_script_and_of_a_file() -> None:
    Path(".env").write_text("B=from-file\n")
    (found,) = read('B=first\nsource .env\nplanet destinations create s3 --bucket "$B"\n')
    assert plain(found)["bucket"] == "from-file"
    (found,) = read('export B="from-script"\nplanet destinations create s3 --bucket "$B"\n', env={"B": "from-env"})
    assert plain(found)["bucket"] == "from-script"
    (found,) = read("set -a; source .env; set +a\nplanet destinations create s3 --bucket ${B}\n", env={"B": "from-env"})
    assert plain(found)["bucket"] == "from-file"
    (found,) = read("planet destinations create s3 --bucket $B\n", env={"B": "x"}, allow_env=frozenset())
    assert "does not allow" in unresolved(found)["bucket"]
    Path("dest.json").write_text(BODY)
    with pytest.raises(BadSource, match="does not allow"):
        read(f"curl -d @dest.json {URL}\n", allow_files=("elsewhere",))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"curl -d @none.json {URL}", "there is no such file"),
        (f"curl -d '{{broken' {URL}", "it is not JSON"),
        (f"curl -d 'never closed {URL}", "a single quote is never closed"),
        (f"curl -d \u2018{{}}\u2019 {URL}", "typographic quotes"),
        (f"generate | curl -d @- {URL}", "what the command before it prints is not known"),
        (f"curl -d @- {URL} <<EOF\n{{}}\n", "here-document is never closed"),
        ("curl https://example.com -d 'a=b'", "there is no destination in these commands"),
        ("curl https://example.com", "there is no destination in these commands"),
        ("planet orders create request.json", "there is no such file"),
        ("generate | planet orders create -", "what the command before it prints is not known"),
    ],
)
def test_commands_that_cannot_be_read_say_so(text: str, said: str) -> None:
    with pytest.raises(BadSource, match=said):
        read(text)


def test_one_command_that_cannot_be_read_costs_no_other_its_check() -> None:
    found = read(f"curl -d @none.json {URL}\ncurl -d '{BODY}' {URL}\n")
    assert [[each.name for each in one.problems] for one in found] == [[], ["unreadable-source"]]
    assert "there is no such file" in found[1].problems[0].detail


def test_nothing_is_run() -> None:
    read("touch ran\n$(touch ran)\n`touch ran`\nplanet destinations create s3 --bucket $(touch ran)\n", "x.sh")
    assert not Path("ran").exists()


@pytest.mark.no_cover  # long, and through the same lines as shorter tests
@pytest.mark.parametrize(
    "text",
    [
        "curl -d " + "$(" * 3000,
        "curl -d " + '"$(' * 3000,
        "curl -d " + "`" * 3000,
        "planet " + "a" * 200_000,
        "planet " + "a " * 200_000,
        "curl " + "<<A " * 2000 + "\n",
        "X=a\n" + "X=$X$X\n" * 60 + "planet destinations create s3 --bucket $X\n",
        "curl -d \x0b\x0c x",
        "planet " + "\\\n" * 50_000,
        "curl -d '" + "{" * 5000 + "' https://api.planet.com",
        "if " * 5000 + "\nplanet destinations create s3 --bucket a\n",
        "planet ${" * 3000,
    ],
)
def test_hostile_commands_end_with_our_own_words(text: str) -> None:
    try:
        found = read(text, "x.sh")
    except BadSource:
        return
    lint(found)


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="cuplanet -d'\"\\$(){}[]<>|&;=`#\n@E:,", max_size=120))
def test_arbitrary_commands_raise_nothing_else(text: str) -> None:
    from validator.sources.document import ParseError
    from validator.sources.forms import read_as
    from validator.sources.payloads import NoDestination

    for written in (text, f"curl {text}", f"planet destinations create s3 {text}"):
        try:
            read_as(written, "x.sh")
        except (ParseError, NoDestination):
            continue


# ---- what is run behind the lines --------------------------------------------------------------------------------------

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
    (found,) = read(f"B=imagery-in\n{line}\n{SENT}\n", "x.sh")
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
    (found,) = read(f"B=imagery-in\n{line}{' ' if line.endswith('&&') else chr(10)}{SENT}\n", "x.sh")
    assert found.parameters["bucket"] == bucket


@pytest.mark.parametrize("line", ["hash -p /tmp/x curl", "enable -f ./x.so curl"])
def test_another_program_under_a_known_name_is_refused(line: str) -> None:
    with pytest.raises(BadSource, match="defines a curl of its own"):
        read(f"B=imagery-in\n{line}\n{SENT}\n", "x.sh")


@pytest.mark.parametrize(
    "before",
    ["sudo -E", "sudo -u geo", "env -u X", "sudo -E env A=b", "A=b uv run", "uvx --from planet", "poetry run", "conda run -n planet", "timeout 60",
     "nice -n 5", "op run --", "aws-vault exec planet --", "nohup"],
)  # fmt: skip
def test_a_command_that_another_runs_is_read(before: str) -> None:
    (found,) = read(f"{before} planet {CREATE}", "line.sh")
    assert plain(found)["bucket"] == "imagery-in"


@pytest.mark.parametrize("before", ["ssh host", "xargs", "docker run --rm geo", "watch", "sudo -E $TOOL"])
def test_what_another_may_change_is_not(before: str) -> None:
    with pytest.raises(BadSource, match="is not read"):
        read(f"{before} planet {CREATE}", "line.sh")


def test_the_programs_folder_and_its_own_options_say_nothing_of_the_destination() -> None:
    for program in (
        "$HOME/.local/bin/planet",
        "./venv/bin/planet",
        "planet --auth-api-key PLAKEXAMPLE --quiet",
        "planet --auth-client-id=x",
    ):
        (found,) = read(f"{program} {CREATE}", "line.sh")
        assert set(plain(found)) == {"bucket", "aws_region", "aws_access_key_id", "aws_secret_access_key"}


@pytest.mark.parametrize("before", ["sudo -E", "$ uv run", "aws-vault exec geo --"])
def test_a_pasted_line_with_another_command_before_it_is_recognised(before: str) -> None:
    (found,) = read(f"{before} planet {CREATE}\n")
    assert plain(found)["bucket"] == "imagery-in"
