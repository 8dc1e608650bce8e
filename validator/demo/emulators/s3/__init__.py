"""A local Amazon S3 that enforces permissions: moto's server behind a front of ours, for ``demo`` and for tests.

An emulator, not the real cloud: nothing that it answers proves anything about AWS. Tried with moto 5.2.5:

=========================================================  ==================================  =======================================
what                                                       moto alone                          with this front
=========================================================  ==================================  =======================================
unknown access key, wrong secret                           refused as S3 does                  the same, with the key id in the body
inactive access key                                        let through                         InvalidAccessKeyId
clock more than 15 minutes off                             let through                         RequestTimeTooSkewed
signing region of another bucket region                    let through                         301 PermanentRedirect; 400
                                                                                               AuthorizationHeaderMalformed when signed
                                                                                               for us-east-1
unsigned request                                           500                                 403; HeadBucket names the region
identity policies: actions, resources                      enforced                            enforced twice: by the front, then moto
identity policies: conditions, NotAction, NotResource      misread (an Allow becomes a Deny)   enforced
bucket policies, permissions boundaries                    ignored                             enforced
AccessDenied message                                       ``Access Denied``                   names user, action, resource, layer
absent key without s3:ListBucket                           404                                 403 on s3:ListBucket
Content-MD5, x-amz-content-sha256 of other bytes           ignored                             BadDigest, XAmzContentSHA256Mismatch
If-Match, If-None-Match with an ETag                       honoured                            honoured; DELETE asks for s3:GetObject too
``If-Match: *``                                            never holds                         holds where there is an object
DELETE of an absent key in a versioned bucket              leaves nothing                      leaves a delete marker
PUT without MD5 under default retention                    a code of moto's own                400 InvalidRequest, as S3
DELETE of a version under retention                        403 ``Access Denied``               403 ``... protected by object lock.``
governance bypass without its permission                   let through                         403
=========================================================  ==================================  =======================================

Not emulated: virtual-hosted addressing (the server has an IP address), KMS keys, ACLs, MFA delete, Requester Pays, suspended
versioning, Organization, session and VPC endpoint policies, other accounts, presigned URLs, making or changing a bucket over HTTP,
eventual consistency. Which of several refusals S3 would name first, and whether a PUT with If-Match needs s3:GetObject, is not known
here: the front does not ask for it.
"""

from validator.demo.emulators.s3.emulator import PLANET_NEEDS, Exchange, S3Emulator, UserKey, allow, sse_required
from validator.demo.emulators.s3.scenarios import demo_scenarios

__all__ = ["PLANET_NEEDS", "Exchange", "S3Emulator", "UserKey", "allow", "demo_scenarios", "sse_required"]
