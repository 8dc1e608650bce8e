"""A stand-in for Google Cloud Storage that enforces permissions: in this process, on 127.0.0.1, for the demo and for tests.

    with StandIn() as cloud:
        bucket = cloud.bucket("imagery-in", versioning=True)
        account = cloud.account("planet").allow("storage.objects.create", "storage.objects.get", "storage.objects.delete")
        account.credentials()        # what Planet's `credentials` parameter takes
        cloud.url                    # for --endpoint google_cloud_storage=URL; the token endpoint is on the same host

It speaks the part of the JSON API that the unmodified SDK uses, over HTTP/1.1: uploads (media, multipart, resumable), download, metadata, list,
delete, testIamPermissions, bucket metadata, and the token endpoint. Errors have the shape and the words that Google's have, as far as these are known.

What it enforces: the service account's signature, key id, key and account state and the assertion's time; permissions by account and bucket, with an
optional prefix of object names; delete for an overwrite; generations and ``ifGenerationMatch``; versions; soft delete; retention; holds; requester pays;
VPC Service Controls, IP filter, billing, API, CMEK and organisation-policy refusals; a number of 429 answers; grants that take effect late.

What it does not do, or only guesses: access control lists, deny policies, groups, roles and their inheritance; the order of permission and precondition
on a DELETE (here: permission first), the words for an absent object, the reason that comes with an IP filter's refusal, the tolerance for wrong clocks
(here: five minutes), what the list of soft-deleted objects takes beyond storage.objects.list (here: nothing) and the exact time until a grant works are not confirmed for the real cloud. It answers 404 for an absent object to whoever holds the
permission asked for; the real cloud may say 403 to those who cannot list. Conditions on metagenerations, compose, rewrite, folders, the XML API,
signed URLs and gRPC do not exist here, and signatures of downloads are MD5 and CRC32C of the whole object only.
"""

from validator.demo.emulators.gcs.accounts import PLANET_NEEDS, Account, ServiceKey
from validator.demo.emulators.gcs.scenarios import demo_scenarios
from validator.demo.emulators.gcs.server import StandIn
from validator.demo.emulators.gcs.state import Bucket, Object

__all__ = ["PLANET_NEEDS", "Account", "Bucket", "Object", "ServiceKey", "StandIn", "demo_scenarios"]
