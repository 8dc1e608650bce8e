"""What is sent is what was checked, and no answer that repeats it brings it out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.secret_forms import dressed, repeats
from tests.support.world import World, save
from validator.demo.emulators.planet import PlanetEmulator
from validator.formats import FORMATS

# ---- what is sent is what was checked --------------------------------------------------------------------------------


def test_wrapped_credentials_are_sent_in_one_line_and_the_source_stays(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from validator.demo.emulators.gcs.server import StandIn

    with StandIn() as cloud, PlanetEmulator({"google_cloud_storage": cloud.url}, per_second=1000) as planet:
        monkeypatch.setenv("PL_API_KEY", planet.key)
        account = cloud.account("planet").allow("storage.objects.create", "storage.objects.get", "storage.objects.delete")
        request = cloud.destination(account, cloud.bucket("imagery-in"))
        plain = request["parameters"]["credentials"]
        request["parameters"]["credentials"] = plain[:76] + "\n" + plain[76:]
        source = save(request)
        before = Path(source).read_text()
        ran = world.run("create", source, "--planet-url", planet.url, "--endpoint", f"google_cloud_storage={cloud.url}")
        assert ran.code == 0, ran.out + ran.err
        assert "credentials-wrapped: Planet gets the repaired credential" in ran.err
        assert planet.stored[0].parameters["credentials"] == plain
        assert Path(source).read_text() == before
        assert plain[:40] not in ran.out + ran.err


def test_a_leading_question_mark_is_not_sent() -> None:
    from validator.planet.existing import as_checked
    from validator.providers.base import Options
    from validator.sources.loader import load

    token = "sv=2023-11-03&sr=c&sp=rwdl&se=2099-01-01T00:00:00Z&sig=RVhBTVBMRS1leGFtcGxlLUVYQU1QTEUtMDEyMzQ1Njc4OTA%3D"
    parameters = {"account": "imageryaccount", "container": "imagery", "sas_token": f"?{token}"}
    destination = load({"name": "n n", "type": "azure_blob_storage", "parameters": parameters}).destinations[0]
    better, names = as_checked(destination, Options())
    assert names == ("sas-leading-question-mark",)
    assert better.parameters["sas_token"].reveal() == token
    assert as_checked(better, Options()) == (better, ())


@pytest.mark.no_cover  # the same lines in each dress
@pytest.mark.parametrize("dress", tuple(dressed("EXAMPLE")))
def test_planet_repeats_the_login_and_the_secret(world: World, there: Any, dress: str) -> None:
    secrets = (world.planet.key, world.good.secret_access_key)
    said = " and ".join(f"[{dressed(each)[dress]}]" for each in secrets)
    world.planet.verify = lambda type_, parameters: said
    turn = 2 * tuple(dressed("EXAMPLE")).index(dress) % len(FORMATS)
    for format_ in (*FORMATS, *FORMATS)[turn : turn + 2]:
        request = world.request(world.good, name=f"{format_} of a new place")
        made = world.create(request, "-vv", "-f", format_)
        changed = world.update(there.id, world.request(world.good, name=None), "-vv", "-f", format_)
        assert (made.code, changed.code) == (1, 1)
        for each in secrets:
            assert not repeats(made.out + made.err + changed.out + changed.err, each), dress
