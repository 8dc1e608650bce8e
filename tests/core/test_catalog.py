"""The catalog's words: complete, short, and fit for where they are printed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from tests.support.cases import Cases
from validator.core import catalog
from validator.core.model import Confidence, Fix, PatchOperation, Severity


def _names(text: str) -> list[str]:
    return text.split()


PROMISED = _names("""
unknown-type type-mismatch missing-parameter unknown-parameter wrong-parameter-kind unresolved-reference redacted-secret
placeholder-value stray-whitespace name-invalid plaintext-secret
bucket-name-invalid bucket-is-url region-unknown region-malformed endpoint-invalid endpoint-contains-bucket endpoint-insecure
endpoint-of-another-type namespace-invalid account-name-invalid addressing-style-suspect
swapped-credentials temporary-credentials not-an-access-key access-key-malformed secret-malformed
credentials-not-base64 credentials-wrapped credentials-double-encoded credentials-truncated credentials-not-json
credentials-wrong-kind credentials-incomplete private-key-damaged token-uri-unexpected
sas-malformed sas-is-url sas-leading-question-mark sas-escaped sas-not-a-sas sas-expired sas-expiring sas-not-yet-valid
sas-permission-missing sas-wrong-service sas-wrong-resource sas-ip-restricted sas-short-lived sas-bound-to-user
sas-broader-than-needed sas-policy-missing sas-version-unsupported
unknown-access-key wrong-secret key-disabled account-disabled key-quarantined clock-skew host-not-found connection-refused
tls-failed timed-out not-object-storage bucket-not-found bucket-or-permission-missing wrong-region wrong-addressing-style
request-altered
write-denied read-denied list-denied delete-denied overwrite-denied multipart-denied prefix-only encryption-header-required
encryption-key-denied encryption-key-unavailable retention-locked object-held network-restricted requester-pays
checksum-required content-corrupted storage-full not-s3-enabled request-too-large object-archived snapshots-present
bucket-being-deleted api-disabled blob-api-unavailable organization-policy
lingering-file residue-left versions-remain not-the-verification-file
throttled provider-error unrecognised-answer interrupted
name-taken quota-reached planet-unreachable planet-rejected
""")
"""The names that are public since the first version: none may go."""

WARNINGS = _names("""
read-denied list-denied versions-remain lingering-file multipart-denied endpoint-insecure sas-leading-question-mark
credentials-wrapped sas-expiring sas-short-lived sas-broader-than-needed plaintext-secret region-unknown
""")
UNKNOWNS = _names("""
clock-skew connection-refused tls-failed timed-out network-restricted host-not-found throttled provider-error
unrecognised-answer interrupted
""")

ENTRIES = list(catalog.FINDINGS.values())


def _name(entry: catalog.Entry) -> str:
    return entry.name


def test_every_promised_name_is_there() -> None:
    assert not set(PROMISED) - set(catalog.FINDINGS)


def test_promised_severities_are_kept() -> None:
    assert {catalog.FINDINGS[name].severity for name in WARNINGS} == {Severity.WARNING}
    assert {catalog.FINDINGS[name].severity for name in UNKNOWNS} == {Severity.UNKNOWN}
    for name in ("delete-denied", "write-denied", "residue-left", "wrong-secret", "unknown-type", "sas-expired"):
        assert catalog.FINDINGS[name].severity is Severity.ERROR


def test_each_file_is_a_finding() -> None:
    assert [path.name for path in sorted(catalog.FOLDER.iterdir())] == [f"{name}.md" for name in catalog.FINDINGS]


def test_the_front_matter_is_whole_and_means_the_same_to_a_yaml_parser(cases: Cases) -> None:
    for entry in ENTRIES:
        with cases(entry.name):
            _, head, text = (catalog.FOLDER / f"{entry.name}.md").read_text(encoding="utf-8").split("---\n", 2)
            known = {
                "area": entry.area,
                "severity": entry.severity,
                "title": entry.title,
                "cause": entry.cause,
                "fix": entry.fix,
            }
            known |= {"clears": entry.clears} if entry.clears else {}
            assert yaml.safe_load(head) == known
            assert list(yaml.safe_load(head)) == list(known)
            assert text == f"\n{entry.text}"
            assert entry.area in catalog.AREAS
            assert entry.clears in ("", "soon", "later")


def test_findings_are_listed_by_area() -> None:
    listed = catalog.by_area()
    assert len(listed) == len(catalog.FINDINGS)
    assert list(dict.fromkeys(each.area for each in listed)) == list(catalog.AREAS)


def test_a_name_is_no_path() -> None:
    for name in ("../findings/clock-skew", "clock-skew.md", "", ".", "/etc/passwd", "index", "clock-skew\n"):
        assert name not in catalog.FINDINGS
        with pytest.raises(KeyError):
            catalog.FINDINGS[name]


def test_names_are_known_without_a_file_being_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def unread(path: Path, *_: object, **__: object) -> str:
        raise AssertionError(f"{path} was read")

    monkeypatch.setattr(Path, "read_text", unread)
    assert len(list(catalog.FINDINGS)) == len(catalog.FINDINGS)
    assert "delete-denied" in catalog.FINDINGS
    assert "delete-danied" not in catalog.FINDINGS


def test_no_two_findings_have_the_same_title() -> None:
    titles = [entry.title for entry in ENTRIES]
    assert not {title for title in titles if titles.count(title) > 1}


def test_the_title_goes_after_the_name_and_a_colon(cases: Cases) -> None:
    for entry in ENTRIES:
        with cases(entry.name):
            assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", entry.name)
            assert 10 <= len(entry.title) <= 70
            assert not entry.title.endswith((".", "!", ":"))
            # Lower case, unless it begins with a name such as SAS or Planet.
            assert entry.title[0].islower() or entry.title.split()[0] in ("SAS", "Planet", "Planet's")
            assert entry.title.replace("-", " ") != entry.name.replace("-", " "), "a title says more than the name"


def test_cause_and_fix_are_one_sentence_each(cases: Cases) -> None:
    for entry in ENTRIES:
        with cases(entry.name):
            for text in (entry.cause, entry.fix):
                assert text[0].isupper()
                assert len(text) <= 160
                assert "\n" not in text
                assert "  " not in text
                assert not re.search(r"[.!?] [A-Z]", text), "one sentence"
                assert not re.search(r"\bTEXT\b|TODO|XXX", text)
            assert entry.cause.endswith(".")


def test_no_short_text_speaks_of_our_own_inside() -> None:
    jargon = re.compile(r"\b(Observation|Kind|probe|seam|catalog|rehears\w+)\b")
    assert not [entry.name for entry in ENTRIES if jargon.search(f"{entry.title} {entry.cause} {entry.fix}")]


def test_a_finding_takes_the_catalogs_words_where_none_better_are_given() -> None:
    entry = catalog.FINDINGS["delete-denied"]
    plain = catalog.finding("delete-denied")
    assert (plain.title, plain.detail, plain.severity) == (entry.title, entry.cause, entry.severity)
    assert plain.fix == Fix(entry.fix)
    assert plain.confidence is Confidence.CONFIRMED


def test_a_finding_takes_what_is_given() -> None:
    patch = PatchOperation("replace", "/parameters/aws_region", "eu-west-1")
    told = catalog.finding(
        "wrong-region",
        detail="It lies in eu-west-1.",
        confidence=Confidence.LIKELY,
        evidence={"region": "eu-west-1"},
        pointer="/parameters/aws_region",
        patch=[patch],
        commands=["aws s3api head-bucket --bucket imagery-in"],
    )
    assert told.detail == "It lies in eu-west-1."
    assert told.fix is not None
    assert told.fix.patch == (patch,)
    assert told.fix.automatic
    assert told.fix.commands == ("aws s3api head-bucket --bucket imagery-in",)
    kept = catalog.finding("wrong-region", fix=Fix("Mine.", commands=("mine",)), commands=["other"])
    assert kept.fix == Fix("Mine.", commands=("mine",))


def test_an_unknown_name_is_a_mistake_of_ours() -> None:
    with pytest.raises(KeyError):
        catalog.finding("no-such-finding")
