"""A stand-in for Oracle's S3 Compatibility API in this process: TLS, verified signatures, permissions, answers in Oracle's shapes.

What it does rests on three kinds of ground. Nobody may take the third for the real cloud's behaviour.

Documented or captured from the real service:
  * the two ``SignatureDoesNotMatch`` answers, Message before Code, and a request id that begins with the region's short code;
  * 501 for ``aws-chunked`` uploads (captured in August 2026, although a release note of July says that they are taken now);
  * a missing OBJECT_READ answers a GET with 404 NoSuchBucket;
  * OBJECT_CREATE and OBJECT_OVERWRITE are two permissions, a multipart upload needs both to start;
  * an active retention rule refuses deletes and overwrites, not creates.

Known of Oracle's native API, inferred for this one:
  * a missing OBJECT_CREATE, OBJECT_OVERWRITE, OBJECT_DELETE or OBJECT_INSPECT answers 404 NoSuchBucket as well;
  * the code RetentionRuleViolation, and NotAuthorizedOrFoundKmsKey for a Vault key that cannot be used.

Nobody knows, so it can be chosen (:class:`Habits`) or is plainly a guess:
  * whether the delete of an absent object answers 204 or NoSuchKey, and what becomes of ``If-Match`` on a delete;
  * that an inactive key is answered as an unknown one, and a wrong namespace as a missing bucket.
"""

from validator.demo.emulators.oracle.emulator import OracleEmulator
from validator.demo.emulators.oracle.scenarios import demo_scenarios
from validator.demo.emulators.oracle.tenancy import NO_BUCKET, PERMISSIONS, UNKNOWN_KEY, WRONG_SECRET, CustomerKey, Habits

__all__ = [
    "NO_BUCKET",
    "PERMISSIONS",
    "UNKNOWN_KEY",
    "WRONG_SECRET",
    "CustomerKey",
    "Habits",
    "OracleEmulator",
    "demo_scenarios",
]
