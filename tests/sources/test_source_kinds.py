"""Kinds of files that are not read, and files of settings."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.cases import in_parts
from tests.support.programs import ENV, plain, read_as
from validator.checking.assemble import lint
from validator.core.errors import BadSource

pytestmark = pytest.mark.usefixtures("here")


@in_parts(
    ("name", "data", "said"),
    [
        ("aoi.json", json.dumps({"type": "FeatureCollection", "features": []}), "this is GeoJSON: .* name the order"),
        ("aoi.geojson", json.dumps({"type": "Polygon", "coordinates": []}), "this is GeoJSON"),
        ("main.tf", 'resource "aws_s3_bucket" "imagery" {\n  bucket = "imagery-in"\n}\n', "it is Terraform; .* name"),
        ("order.zip", b"PK\x03\x04\x14", "it is a zip archive .* unpack"),
        ("dest.json.gz", b"\x1f\x8b\x08\x00", "it is a gzip archive"),
        ("scene.tif", b"II*\x00" + b"\x01" * 9, "it is a TIFF image"),
        ("order.pdf", b"%PDF-1.7 ...", "it is a PDF"),
        ("credentials", "[default]\naws_access_key_id = AKIAEXAMPLEEXAMPLE12\n", "it is an AWS credentials .* reference"),
        ("rclone.conf", "[remote]\ntype = s3\nprovider = AWS\n", "it is an rclone configuration"),
        ("planet.ini", "[delivery]\ntype = amazon_s3\nbucket = imagery-in\nkey = EXAMPLE\n", "it is an INI file; .* JSON"),
        (".boto", "# Google's\n[Credentials]\n; one\ngs_secret_access_key = EXAMPLE\n", "it is an INI file"),
        (
            "d.bat",
            "@echo off\r\nset S=EXAMPLE\r\nplanet destinations create s3 --secret-access-key %S% ^\r\n --name x\r\n",
            "a batch file",
        ),
        ("d.cmd", "planet destinations create s3 --bucket b --secret-access-key %AWS_SECRET%\r\n", "a batch file"),
        ("pasted", "C:\\geo> planet destinations create s3 --secret-access-key EXAMPLE\n", "a batch file"),
        ("pasted.txt", "PS C:\\geo> planet destinations create s3 --bucket b --secret-access-key EXAMPLE\n", "a PowerShell"),
        ("d.ps1", "planet destinations create s3 `\r\n --secret-access-key EXAMPLE\r\n", "a PowerShell"),
        ("e.ps1", "$env:S = 'EXAMPLE'\nplanet destinations create s3 --secret-access-key $env:S\n", "a PowerShell"),
        ("Makefile", "B ?= in\n\ndest:\n\t@echo go\n\tplanet destinations create s3 --bucket $(B) --region x\n", "a Makefile"),
        ("Dockerfile", '# built\nFROM python:3.12\nENV BUCKET=imagery-in REGION=us-east-1\nCMD ["x"]\n', "a Dockerfile"),
        ("sheet.csv", "name,type,bucket,aws_region\na,amazon_s3,imagery-in,us-east-1\n", "a table .* rows"),
        ("sheet", "Name;Container;SAS token\r\na;imagery;EXAMPLE\r\n", "a table .* rows"),
        ("key.pem", "-----BEGIN PRIVATE KEY-----\nEXAMPLE\n", "it is a key or a certificate"),
        ("page.html", "<!DOCTYPE html><html></html>", "it is a web page"),
        ("vault.yaml", "$ANSIBLE_VAULT;1.1;AES256\n6162\n", "it is encrypted; decrypt"),
        ("dest.sops.json", json.dumps({"name": "ENC[AES256_GCM,data:EXAMPLE]", "sops": {}}), "encrypted with sops"),
        ("policy.json", json.dumps({"Version": "2012-10-17", "Statement": []}), "an AWS policy"),
        ("new-key.json", json.dumps({"AccessKey": {"SecretAccessKey": "EXAMPLE"}}), "create-access-key"),
        (
            "rootkey.csv",
            "\ufeffAccess key ID,Secret access key\r\nAKIAEXAMPLEEXAMPLE12,EXAMPLE\r\n",
            "key as a console gives it",
        ),
        (
            "old.csv",
            "AWSAccessKeyId=AKIAEXAMPLEEXAMPLE12\r\nAWSSecretKey=EXAMPLE\r\n",
            "of amazon_s3, bucket and aws_region are missing",
        ),
        (
            "pasted.txt",
            "Access key ID\nAKIAEXAMPLEEXAMPLE12\nSecret access key\nEXAMPLE\n",
            "it is a key as a console shows it",
        ),
        ("r2.txt", "Access Key ID: EXAMPLE\nSecret Access Key: EXAMPLE\n", "this is a key as a console or a command shows it"),
        ("sas.txt", "sv=2024-11-04&sr=c&sp=rwdl&sig=EXAMPLE%3D\n", "it is a SAS token or a signed address alone"),
        ("sas.json", json.dumps("sp=rwdl&sig=EXAMPLE%3D"), "it is a SAS token or a signed address alone"),
        ("sts.json", json.dumps({"Credentials": {"SecretAccessKey": "EXAMPLE"}}), "`aws sts` printed: temporary credentials"),
        ("oci.json", json.dumps({"data": {"key": "EXAMPLE", "user-id": "EXAMPLE"}}), "customer-secret-key create` printed"),
        ("hmac.json", json.dumps({"metadata": {}, "secret": "EXAMPLE"}), "an HMAC key of Google's"),
        ("adc.json", json.dumps({"type": "authorized_user", "refresh_token": "EXAMPLE"}), "a person's login"),
        ("wif.json", json.dumps({"type": "external_account"}), "a login by another identity provider"),
        ("az.json", json.dumps([{"keyName": "key1", "value": "EXAMPLE"}]), "a list of the keys of an Azure account"),
        ("az2.json", json.dumps({"connectionString": "EXAMPLE"}), "a connection string of an Azure account"),
        ("mc.json", json.dumps({"version": "10", "aliases": {}}), "a configuration of MinIO's mc"),
        ("p.json", json.dumps({"info": {}, "item": ["EXAMPLE"]}), "a collection of Postman's; copy the body"),
        ("x.har", json.dumps({"log": {"entries": ["EXAMPLE"]}}), "a recording of a browser"),
        ("dest.http", "POST https://api.planet.com/destinations/v1\nContent-Type: x\n\n{}\n", "an HTTP request; copy the body"),
        ("index.js", "const d = {a: 'EXAMPLE'};\nfetch('https://x', {body: JSON.stringify(d)});\n", "it is JavaScript"),
        ("terraform.tfstate", json.dumps({"version": 4, "terraform_version": "1.9.0"}), "a state or a plan of Terraform's"),
        ("o.json", json.dumps({"bucket": {"sensitive": False, "value": "x"}}), "`terraform output -json` printed"),
        ("stack.json", json.dumps({"Stacks": []}), "describe-stacks` printed"),
        ("Pulumi.prod.yaml", "encryptionsalt: v1:EXAMPLE\nconfig:\n  aws:region: x\n", "a configuration of Pulumi's"),
        (".gitlab-ci.yml", "stages: [a]\na:\n  script: [planet]\n", "a pipeline of GitLab; .* a step of it"),
        ("azure-pipelines.yml", "trigger: [main]\nsteps:\n- script: planet\n", "a pipeline of Azure DevOps; .* a step of it"),
        ("circle.yml", "version: 2.1\njobs: {a: {}}\nworkflows: {w: {}}\n", "a configuration of CircleCI"),
        ("bitbucket-pipelines.yml", "pipelines: {default: []}\n", "a pipeline of Bitbucket"),
        (
            "Jenkinsfile",
            "pipeline {\n  agent any\n  stages { stage('d') { steps { sh 'planet' } } }\n}\n",
            "it is a Jenkinsfile",
        ),
        ("play.yml", "- hosts: all\n  tasks: []\n- hosts: x\n  roles: []\n", "a playbook of Ansible's"),
        ("k8s.yaml", "apiVersion: v1\nkind: ConfigMap\n---\napiVersion: v1\nkind: Secret\n", "a Kubernetes manifest"),
        ("item.json", json.dumps({"stac_version": "1.0.0", "type": "Feature"}), "GeoJSON|STAC"),
    ],
)
def test_a_kind_that_is_not_read_is_named_with_what_to_do_instead(name: str, data: str | bytes, said: str) -> None:
    with pytest.raises(BadSource, match=said) as raised:
        read_as(name, data)
    assert "none of type" not in str(raised.value)
    assert "EXAMPLE" not in str(raised.value)


@in_parts(
    ("value", "said"),
    [
        ({"geo": {"planet": {"type": "s3", "parameters": {}}}}, "one stands deeper, at /geo/planet: give that part alone"),
        ({"all": [{"x": 1}, {"type": "amazon_s3", "parameters": {}}]}, "one stands deeper, at /all/1"),
        ([{"d": {"type": "amazon_s3", "parameters": {}}}], "in this list; one stands deeper, at /0/d"),
        ({"EXAMPLE/secret+00": {"b": {"type": "amazon_s3", "parameters": {}}}}, "one stands deeper, at /a key/b"),
        ({"geo": [{"type": "other", "parameters": {}}]}, "planet-validator init writes a source"),
        ({"geo": [{"type": [], "parameters": {}}]}, "planet-validator init writes a source"),
    ],
)
def test_a_destination_that_stands_deeper_is_told(value: Any, said: str) -> None:
    with pytest.raises(BadSource, match=said) as raised:
        read_as("values.json", json.dumps(value))
    assert "EXAMPLE" not in str(raised.value)


@pytest.mark.parametrize(
    "text",
    [
        "# planet %C3%A9t%C3%A9\ncurl -d '{body}' \"https://api.planet.com/destinations/v1?x=%C3%A9%41%42\"\n",
        "@\ncurl -H \"x: $(date +%Y_%m_%d)\" -d '{body}' https://api.planet.com/destinations/v1\n",
        "set -e\n[ -f .env ]\nA=b\ncurl -d '{body}' https://api.planet.com/destinations/v1\n",
        '[parameters]\nbucket = "imagery-in"\naws_region = "eu-west-1"\n',
    ],
)
def test_what_only_resembles_such_a_kind_is_read(text: str) -> None:
    body = '{"type": "amazon_s3", "parameters": {"bucket": "imagery-in", "aws_region": "eu-west-1"}}'
    (found,) = read_as("pasted", text.replace("@\n", "").replace("{body}", body))
    assert found.parameters["bucket"] == "imagery-in"


@pytest.mark.parametrize("name", [".env", "planet.env", "settings"])
def test_settings_whose_names_are_one_destinations_parameters(name: str) -> None:
    text = (
        "# ours\nexport PLANET_DESTINATION_NAME='our imagery'\nAWS_ACCESS_KEY_ID=AKIAEXAMPLEEXAMPLE12\n"
        f'AWS_SECRET_ACCESS_KEY="{ENV["SECRET"]}"\nAWS_REGION=eu-west-1 # Ireland\nBUCKET_NAME=imagery-in\nPLANET_API_KEY=EXAMPLE\n'
    )
    (found,) = read_as(name, text)
    assert (found.name, found.type, found.form) == ("our imagery", "amazon_s3", "env")
    assert plain(found) == {
        "bucket": "imagery-in",
        "aws_region": "eu-west-1",
        "aws_access_key_id": "AKIAEXAMPLEEXAMPLE12",
        "aws_secret_access_key": ENV["SECRET"],
    }
    assert found.line_of("/parameters/aws_region") == 5


@pytest.mark.parametrize("name", ["GOOGLE_APPLICATION_CREDENTIALS", "GCP_SERVICE_ACCOUNT_JSON", "GCS_SERVICE_ACCOUNT_KEY"])
def test_settings_name_a_key_as_googles_tools_do(name: str) -> None:
    (found,) = read_as(".env", f"{name}=/home/geo/EXAMPLE.json\nGCS_BUCKET=imagery-in\n")
    assert found.type == "google_cloud_storage"
    (finding,) = lint([found]).destinations[0].findings
    assert finding.name == "credentials-not-base64"
    assert "the path of a file" in finding.detail


@pytest.mark.parametrize("prefix", ["R2_", "MINIO_", "DO_SPACES_", "STORAGE_"])
def test_settings_with_a_vendors_prefix(prefix: str) -> None:
    names = ("BUCKET", "ENDPOINT", "REGION", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY")
    (found,) = read_as(".env", "".join(f"{prefix}{name}=EXAMPLE\n" for name in names))
    assert (found.type, set(plain(found))) == ("s3_compatible", {name.lower() for name in names})


@in_parts(
    ("endpoint", "said", "value"),
    [
        (
            "https://0123456789abcdef0123456789abcdef.eu.r2.cloudflarestorage.com",
            "Cloudflare R2, whose only region is auto",
            "auto",
        ),
        ("fra1.digitaloceanspaces.com", "DigitalOcean Spaces, and names the region fra1", "fra1"),
        ("https://s3.eu-central-003.backblazeb2.com", "Backblaze B2, and names the region eu-central-003", "eu-central-003"),
        ("https://obs.eu-de.otc.t-systems.com", "Open Telekom Cloud, and names the region eu-de", "eu-de"),
        ("https://s3.wasabisys.com", "the region to sign for", None),
        ("https://objects.example.com", "the region to sign for", None),
        ("https://[", "the region to sign for", None),
    ],
)
def test_settings_without_a_region_say_the_one_that_the_endpoint_names(endpoint: str, said: str, value: str | None) -> None:
    names = ("BUCKET_NAME=in", f"ENDPOINT={endpoint}", "ACCESS_KEY_ID=EXAMPLE", "SECRET_ACCESS_KEY=EXAMPLE")
    (found,) = read_as(".env", "".join(f"S3_{each}\n" for each in names))
    assert (found.type, "region" in found.parameters) == ("s3_compatible", False)
    finding = next(each for each in lint([found]).destinations[0].findings if each.name == "missing-parameter")
    assert said in finding.detail
    assert [each.value for each in (finding.fix.patch if finding.fix else ())] == ([value] if value else [])


@in_parts(
    ("names", "type_"),
    [
        (
            "AWS_ENDPOINT_URL=https://objects.example.com AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_REGION BUCKET",
            "s3_compatible",
        ),
        ("AWS_ENDPOINT_URL=https://s3.amazonaws.com AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_REGION BUCKET", "amazon_s3"),
        ("S3_ENDPOINT= AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_REGION BUCKET", "amazon_s3"),
        ("AWS_STORAGE_BUCKET_NAME AWS_S3_REGION_NAME AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY SECRET_KEY DEBUG", "amazon_s3"),
        ("SPACES_KEY SPACES_SECRET SPACES_BUCKET SPACES_REGION SPACES_ENDPOINT", "s3_compatible"),
        ("B2_APPLICATION_KEY_ID B2_APPLICATION_KEY B2_BUCKET B2_REGION B2_ENDPOINT", "s3_compatible"),
        ("MINIO_ACCESS_KEY MINIO_SECRET_KEY MINIO_BUCKET MINIO_REGION MINIO_ENDPOINT", "s3_compatible"),
        ("OCI_NAMESPACE OCI_REGION OCI_BUCKET OCI_ACCESS_KEY OCI_SECRET_KEY", "oracle_cloud_storage"),
        ("S3_KEY=scenes/a.tif AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_REGION BUCKET", "amazon_s3"),
    ],
)
def test_settings_by_the_names_that_stores_and_tools_give_them(names: str, type_: str) -> None:
    (found,) = read_as(".env", "".join(f"{each if '=' in each else f'{each}={each}-1'}\n" for each in names.split()))
    assert (found.type, found.problems) == (type_, ())
    keys = [str(value) for name, value in plain(found).items() if "key" in name]
    assert len(keys) == 2
    assert not {"SECRET_KEY-1", "scenes/a.tif"} & {*keys}


@in_parts(
    ("names", "said"),
    [
        ("R2_ACCOUNT_ID R2_ACCESS_KEY_ID R2_SECRET_ACCESS_KEY R2_BUCKET R2_REGION", "of s3_compatible, endpoint is missing"),
        (
            "OCI_ACCESS_KEY_ID OCI_SECRET_ACCESS_KEY OCI_BUCKET OCI_REGION",
            "of oracle_cloud_storage, namespace is missing; .*s3_comp",
        ),
        ("GCS_BUCKET AWS_REGION AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY", "of amazon_s3, bucket is missing"),
        ("GCS_BUCKET GCS_ACCESS_KEY_ID GCS_SECRET", "credentials is missing. GCS_ACCESS_KEY_ID: .* HMAC key"),
        (
            "AZURE_STORAGE_ACCOUNT AZURE_CONTAINER AZURE_STORAGE_KEY",
            "sas_token is missing. AZURE_STORAGE_KEY: An account's key",
        ),
        ("AZURE_STORAGE_CONNECTION_STRING CONTAINER", "account and sas_token are missing. AZURE_STORAGE_CONNECTION_STRING"),
        (
            "AWS_REGION AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY BUCKET GCS_CREDENTIALS",
            r"more than one destination \(amazon_s3, google_cloud_storage\).* TYPE=amazon_s3",
        ),
    ],
)
def test_settings_that_are_nearly_one_destination_say_what_is_missing(names: str, said: str) -> None:
    with pytest.raises(BadSource, match=said) as raised:
        read_as(".env", "".join(f"{each}=EXAMPLE-VALUE\n" for each in names.split()))
    assert "EXAMPLE" not in str(raised.value)


def test_flat_variables_of_terraform_are_settings() -> None:
    text = (
        'bucket_name = "imagery-in" # ours\naws_region="eu-west-1"\ntags = ["a"]\naws_access_key_id = "AKIAEXAMPLEEXAMPLE12"\n'
    )
    (found,) = read_as("prod.auto.tfvars", f'{text}aws_secret_access_key = "{ENV["SECRET"]}"\n')
    assert (found.type, found.form, plain(found)["bucket"]) == ("amazon_s3", "env", "imagery-in")
    with pytest.raises(BadSource, match=r"line 3: .* variables of Terraform .*name the values"):
        read_as("dest.tfvars", 'dest = {\n  bucket = "imagery-in"\n}\n')


def test_settings_as_the_azure_cli_names_them() -> None:
    (found,) = read_as(
        ".env", "AZURE_STORAGE_ACCOUNT=geo\nAZURE_STORAGE_CONTAINER=in\nAZURE_STORAGE_SAS_TOKEN=sv=EXAMPLE&sig=EXAMPLE\n"
    )
    assert (found.type, plain(found)["account"], plain(found)["container"]) == ("azure_blob_storage", "geo", "in")


def test_settings_of_the_other_types() -> None:
    (found,) = read_as(".env", "AZURE_STORAGE_ACCOUNT=imagery\nCONTAINER=in\nSAS_TOKEN='sv=EXAMPLE&sig=EXAMPLE'\n")
    assert (found.type, plain(found)["account"]) == ("azure_blob_storage", "imagery")
    (found,) = read_as(
        ".env", "TYPE=s3-compatible\nS3_BUCKET=in\nS3_ENDPOINT=https://objects.example.com\nS3_USE_PATH_STYLE=true\n"
    )
    assert found.type == "s3_compatible"
    assert plain(found) == {"bucket": "in", "endpoint": "https://objects.example.com", "use_path_style": True}


@in_parts(
    ("text", "said"),
    [
        (
            "PLANET_API_KEY=EXAMPLE\nKEY=EXAMPLE\nUSER=EXAMPLE\n",
            "not those of one destination. Name them as the parameters are named, or write",
        ),
        (
            "TYPE=web-EXAMPLE\nBUCKET=a\nAWS_REGION=b\nAWS_ACCESS_KEY_ID=c\nAWS_SECRET_ACCESS_KEY=EXAMPLE\n",
            r"the type among them is none of Planet's \(amazon_s3, .*; write the destination down",
        ),
    ],
)
def test_settings_of_something_else_are_not_told_as_nearly_a_destination(text: str, said: str) -> None:
    with pytest.raises(BadSource, match=said) as raised:
        read_as(".env", text)
    assert "EXAMPLE" not in str(raised.value)


@pytest.mark.parametrize("text", ["PLANET_API_KEY=EXAMPLE\n", "BUCKET=a\nREGION=b\n", "TYPE=other\nBUCKET=a\n"])
def test_settings_that_are_no_destination_say_what_to_do(text: str) -> None:
    with pytest.raises(BadSource, match="--env-file"):
        read_as(".env", text)


@pytest.mark.parametrize("text", ["A=1\nnot an assignment\n", "A='never closed\n", 'A="x" y\n'])
def test_settings_that_cannot_be_read(text: str) -> None:
    with pytest.raises(BadSource, match="line"):
        read_as(".env", text)
