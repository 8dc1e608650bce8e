"""Where the documentation's commands and programs are run: one S3 and one Google on this machine, and a folder as the pages suppose it."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from tests.conftest import ROOT
from validator.demo.emulators.gcs import StandIn
from validator.demo.emulators.planet import PlanetEmulator
from validator.demo.emulators.s3 import S3Emulator

SCENES = ("broken", "good", "google", "lingering", "diagnose", "folder")
KMS = """google.api_core.exceptions.Forbidden: 403 POST https://storage.googleapis.com/upload/storage/v1/b/imagery-in/o?uploadType=multipart: {
  "error": {"code": 403, "message": "Permission denied on Cloud KMS key. Please ensure that your Cloud Storage service account has been authorized to use this key.",
            "errors": [{"message": "Permission denied on Cloud KMS key. Please ensure that your Cloud Storage service account has been authorized to use this key.",
                        "domain": "global", "reason": "forbidden"}]}}
"""


class Stage:
    """One S3 and one Google for all blocks; a Planet, a folder and variables for each."""

    def __init__(self, stack: ExitStack) -> None:
        self.s3 = stack.enter_context(S3Emulator())
        self.google = stack.enter_context(StandIn())
        self.s3.bucket("imagery-in")
        self.good = self.s3.user("planet-good", actions=["s3:PutObject", "s3:GetObject", "s3:DeleteObject", "s3:ListBucket"])
        self.broken = self.s3.user("planet", actions=["s3:PutObject", "s3:GetObject"])
        self.looking = self.s3.user("planet-looking", actions=["s3:PutObject", "s3:GetObject", "s3:ListBucket"])
        bucket = self.google.bucket("imagery-in")
        names = ("storage.objects.create", "storage.objects.get", "storage.objects.delete")
        account = self.google.account("planet").allow(*names)
        self.key_file = base64.b64decode(self.google.destination(account, bucket)["parameters"]["credentials"])

    def variables(self, scene: str, planet: PlanetEmulator) -> Mapping[str, str]:
        key = {"good": self.good, "google": self.good, "lingering": self.looking}.get(scene, self.broken)
        return {
            "PLANET_KEY_ID": key.access_key_id,
            "PLANET_SECRET": key.secret_access_key,
            "PLANET_VALIDATOR_ENDPOINT": f"amazon_s3={self.s3.url},google_cloud_storage={self.google.url}",
            "PLANET_VALIDATOR_PLANET_URL": planet.url,
            "PL_API_KEY": planet.key,
            "COLUMNS": "80",
        }

    def furnish(self, folder: Path, scene: str) -> None:
        source = re.search(r"```json\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
        assert source
        for name in ("dest.json", "destination.json"):
            (folder / name).write_text(source[1], encoding="utf-8")
        (folder / "destinations").mkdir()
        for name in ("old.json", "new.json"):
            (folder / "destinations" / name).write_text(source[1], encoding="utf-8")
        if scene == "google":
            text = (ROOT / "docs" / "start" / "google_cloud_storage.md").read_text(encoding="utf-8")
            yaml = re.search(r"```yaml\n(.*?)```", text, re.DOTALL)
            assert yaml
            (folder / "dest.yaml").write_text(yaml[1], encoding="utf-8")
            (folder / "key.json").write_bytes(self.key_file)
        many = {"destinations": [json.loads(source[1])]}
        (folder / "destinations.yaml").write_text(json.dumps(many), encoding="utf-8")
        (folder / "error.log").write_text(KMS, encoding="utf-8")
        if scene == "lingering":
            self.s3.put("imagery-in", "planetverify.txt", b"from an earlier verification of Planet's..")
