"""``curl`` in scripts and on the command line: bodies, variables, files, and what only a run would show."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.cases import in_parts
from tests.support.programs import ENV, GOOD, plain, read_line, unresolved
from validator.checking.assemble import lint
from validator.core.errors import BadSource

pytestmark = pytest.mark.usefixtures("here")

BODY = json.dumps(GOOD)
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
    (found,) = read_line(line)
    assert (found.name, found.type) == (GOOD["name"], "amazon_s3")
    assert plain(found) == GOOD["parameters"]


def test_variables_in_a_body() -> None:
    body = '{"name": "ours", "type": "amazon_s3", "parameters": {"bucket": "x-$BUCKET", "aws_region": "${REGION:-eu-west-1}", "aws_access_key_id": "AKIAEXAMPLEEXAMPLE12", "aws_secret_access_key": "'
    quoted = body.replace('"', '\\"')
    for line in (
        f'curl {URL} -d "{quoted}$SECRET\\"}}}}"\n',
        f'curl {URL} -d @- <<EOF\n{body}${{SECRET}}"}}}}\nEOF\n',
    ):
        (found,) = read_line(line, env={"BUCKET": "imagery", **ENV})
        assert plain(found) == {**GOOD["parameters"], "bucket": "x-imagery", "aws_secret_access_key": ENV["SECRET"]}
    (found,) = read_line(f"curl {URL} -d '{body}'\"$SECRET\"'\"}}}}'\n", env={"BUCKET": "imagery", **ENV})
    assert plain(found)["aws_secret_access_key"] == ENV["SECRET"]
    (found,) = read_line(f"curl {URL} -d @- <<'EOF'\n{body}$SECRET\"}}}}\nEOF\n", env={"BUCKET": "imagery", **ENV})
    assert plain(found)["aws_secret_access_key"] == "$SECRET", "in single quotes a shell replaces nothing"


def test_a_body_is_located() -> None:
    (found,) = read_line(
        f"# ours\ncurl {URL} -d @- <<'EOF'\n{json.dumps({**GOOD, 'parameters': {**GOOD['parameters'], 'bucket': ' in'}}, indent=1)}\nEOF\n"
    )
    (finding,) = [each for each in lint([found]).destinations[0].findings if each.name == "stray-whitespace"]
    assert finding.line == 7


def test_several_commands_keep_their_own() -> None:
    found = read_line(
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
    (found,) = read_line(f'{before}planet destinations create s3 --bucket "$B" --region eu-west-1\n', env={})
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
@in_parts("send", ["-d @dest.json", "-d @./dest.json", '-d "$(cat dest.json)"', "--json @- < dest.json"])
def test_a_file_that_the_script_may_have_written_is_not_what_it_was(before: str, send: str) -> None:
    Path("dest.json").write_text(BODY)
    with pytest.raises(BadSource, match="only a run shows what is in it"):
        read_line(f"{before}\ncurl {send} {URL}\n")


def test_a_file_that_the_script_writes_out_of_a_here_document() -> None:
    Path("dest.json").write_text(json.dumps({**GOOD, "name": "an old one"}))
    (found,) = read_line(f"cat > dest.json <<'EOF'\n{BODY}\nEOF\ncurl -d @dest.json {URL}\n")
    assert (found.name, found.places[""].line) == (GOOD["name"], 2)
    (found,) = read_line(f'cd "$(dirname "$0")"\ncurl -d @dest.json {URL} > answer.json 2>&1\n')
    assert found.name == "an old one"


def test_variables_of_the_script_and_of_a_file() -> None:
    Path(".env").write_text("B=from-file\n")
    (found,) = read_line('B=first\nsource .env\nplanet destinations create s3 --bucket "$B"\n')
    assert plain(found)["bucket"] == "from-file"
    (found,) = read_line('export B="from-script"\nplanet destinations create s3 --bucket "$B"\n', env={"B": "from-env"})
    assert plain(found)["bucket"] == "from-script"
    (found,) = read_line("set -a; source .env; set +a\nplanet destinations create s3 --bucket ${B}\n", env={"B": "from-env"})
    assert plain(found)["bucket"] == "from-file"
    (found,) = read_line("planet destinations create s3 --bucket $B\n", env={"B": "x"}, allow_env=frozenset())
    assert "does not allow" in unresolved(found)["bucket"]
    Path("dest.json").write_text(BODY)
    with pytest.raises(BadSource, match="does not allow"):
        read_line(f"curl -d @dest.json {URL}\n", allow_files=("elsewhere",))


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
        read_line(text)


def test_one_command_that_cannot_be_read_costs_no_other_its_check() -> None:
    found = read_line(f"curl -d @none.json {URL}\ncurl -d '{BODY}' {URL}\n")
    assert [[each.name for each in one.problems] for one in found] == [[], ["unreadable-source"]]
    assert "there is no such file" in found[1].problems[0].detail


def test_nothing_is_run() -> None:
    read_line("touch ran\n$(touch ran)\n`touch ran`\nplanet destinations create s3 --bucket $(touch ran)\n", "x.sh")
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
        found = read_line(text, "x.sh")
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
