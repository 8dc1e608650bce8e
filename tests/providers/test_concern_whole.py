"""Refusals that no single operation causes: each provider says which of its own they are."""

from __future__ import annotations

import pytest

from validator import providers
from validator.checking.diagnosis import concerns_whole


@pytest.mark.parametrize("type_", providers.BUILT_IN)
def test_each_type_says_what_concerns_the_whole(type_: str) -> None:
    provider = providers.find(type_)
    assert provider is not None
    # The two types that speak S3 share their list: Amazon's own table names fewer.
    types = ("amazon_s3", "s3_compatible") if type_ == "amazon_s3" else (type_,)
    named = {rule.finding for each in types if (one := providers.find(each)) for rule in one.rules}
    assert provider.concern_whole <= named
    assert concerns_whole("account-disabled", provider)
    assert concerns_whole("sas-expired", provider) == (type_ == "azure_blob_storage")
