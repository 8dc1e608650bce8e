"""A local Amazon S3 that enforces permissions: moto's server behind a front of ours, for ``demo`` and for tests.

An emulator, not the real cloud: nothing that it answers proves anything about AWS. What moto alone does, what the front adds and what is not
emulated stands in docs/guides/emulators.md.
"""

from validator.demo.emulators.http import Exchange
from validator.demo.emulators.s3.emulator import PLANET_NEEDS, REGION, S3Emulator, UserKey, allow, sse_required
from validator.demo.emulators.s3.scenarios import demo_scenarios

__all__ = ["PLANET_NEEDS", "REGION", "Exchange", "S3Emulator", "UserKey", "allow", "demo_scenarios", "sse_required"]
