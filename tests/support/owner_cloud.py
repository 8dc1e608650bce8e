"""What the owner's side talks to in tests: moto's IAM and STS behind one address, with answers of AWS's own where moto has none."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs

import pytest

from tests.support.wire import Answer, Request, Wire
from validator import check
from validator.checking.assemble import Settings
from validator.core.model import Destination, DestinationReport
from validator.demo.emulators.http import Request as EmulatedRequest
from validator.demo.emulators.s3 import S3Emulator, UserKey

BUCKET = "imagery-owned"
REGION = "eu-central-1"


class OwnerCloud:
    """``scripted`` maps an action of IAM, STS or KMS to an answer; everything else is asked of moto."""

    def __init__(self, s3: S3Emulator) -> None:
        self.s3 = s3
        self.scripted: dict[str, Callable[[dict[str, str]], Answer]] = {}
        self.asked: list[str] = []

    def handle(self, request: Request) -> Answer:
        form = {name: values[-1] for name, values in parse_qs(request.body.decode()).items()}
        action = form.get("Action") or request.headers.get("x-amz-target", "").rpartition(".")[2]
        self.asked.append(action)
        if action in self.scripted:
            return self.scripted[action](form)
        service = request.headers["authorization"].split("/")[3]  # of the scope of its signature
        asked = EmulatedRequest(request.method, request.path, request.headers, request.body)
        said = self.s3._world.store.ask(asked, service)
        return Answer(said.status, said.headers, said.body)

    def bucket(self, policy: dict[str, Any] | None = None) -> str:
        """A bucket whose policy is enforced, and can be read."""
        self.s3.bucket(BUCKET, region=REGION, policy=policy)
        if policy is not None:
            self.s3._world.store._s3.put_bucket_policy(BUCKET, json.dumps(policy))
        return BUCKET

    def check(self, key: UserKey, **settings: Any) -> DestinationReport:
        parameters = {
            "bucket": BUCKET,
            "aws_region": REGION,
            "aws_access_key_id": key.access_key_id,
            "aws_secret_access_key": key.secret_access_key,
        }
        told = {"timeout": 60.0, "endpoints": {"amazon_s3": self.s3.url}, "owner": True, **settings}
        return check([Destination("owned", "amazon_s3", parameters)], Settings(**told)).destinations[0]


@contextmanager
def owner_cloud(patch: pytest.MonkeyPatch) -> Iterator[OwnerCloud]:
    """A cloud whose owner is logged in by environment variables, as somebody at a shell would be."""
    with S3Emulator() as s3:
        cloud = OwnerCloud(s3)
        owner = s3.user("owner", actions=("*",))
        with Wire(cloud.handle) as wire:
            patch.setenv("AWS_ACCESS_KEY_ID", owner.access_key_id)
            patch.setenv("AWS_SECRET_ACCESS_KEY", owner.secret_access_key)
            patch.setenv("AWS_ENDPOINT_URL", wire.url)
            patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
            yield cloud


def iam(action: str, result: str) -> Answer:
    """IAM's answers: the result in the form of its API reference."""
    body = (
        f'<{action}Response xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><{action}Result>{result}</{action}Result>'
        f"<ResponseMetadata><RequestId>EXAMPLE</RequestId></ResponseMetadata></{action}Response>"
    )
    return Answer(200, {"content-type": "text/xml"}, body.encode())


def iam_refuses(action: str) -> Answer:
    message = f"User: arn:aws:iam::111122223333:user/owner is not authorized to perform: iam:{action} on resource: user planet"
    body = (
        '<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type><Code>AccessDenied</Code>'
        f"<Message>{message}</Message></Error><RequestId>EXAMPLE</RequestId></ErrorResponse>"
    )
    return Answer(403, {"content-type": "text/xml"}, body.encode())


def simulated(decision: str, *, boundary: bool | None = None, organization: bool | None = None, source: str = "") -> Answer:
    """An answer of SimulatePrincipalPolicy for s3:DeleteObject, in the form of its API reference."""
    more = ""
    if boundary is not None:
        allowed = str(boundary).lower()
        more += f"<PermissionsBoundaryDecisionDetail><AllowedByPermissionsBoundary>{allowed}</AllowedByPermissionsBoundary></PermissionsBoundaryDecisionDetail>"
    if organization is not None:
        allowed = str(organization).lower()
        more += f"<OrganizationsDecisionDetail><AllowedByOrganizations>{allowed}</AllowedByOrganizations></OrganizationsDecisionDetail>"
    matched = (
        f"<MatchedStatements><member><SourcePolicyId>{source}</SourcePolicyId><SourcePolicyType>IAM Policy</SourcePolicyType>"
        "<StartPosition><Line>1</Line><Column>1</Column></StartPosition><EndPosition><Line>1</Line><Column>9</Column></EndPosition>"
        "</member></MatchedStatements>"
        if source
        else "<MatchedStatements/>"
    )
    result = (
        "<IsTruncated>false</IsTruncated><EvaluationResults><member><EvalActionName>s3:DeleteObject</EvalActionName>"
        f"<EvalResourceName>arn:aws:s3:::{BUCKET}/planetverify.txt</EvalResourceName><EvalDecision>{decision}</EvalDecision>"
        f"{matched}<MissingContextValues/>{more}</member></EvaluationResults>"
    )
    return iam("SimulatePrincipalPolicy", result)
