"""What is drawn at random for the tests of the promises: stores, what lies in them, and scripts."""

from __future__ import annotations

import os
from typing import get_args

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from tests.support.model.play import FRONTS
from tests.support.model.s3 import answer as s3_answer
from tests.support.model.store import REAL, ModelStore, Permission, Version
from tests.support.model.wire import Event, What

MORE = int(os.environ.get("MODEL_EXAMPLES", "0"))
"""So many cells of each kind, other ones each time. Without it: the same few each time, so that a failure is the change's."""

LIES = ("nothing", "a file", "a hidden version", "a marker", "a version and a null version")
WHATS: tuple[What, ...] = get_args(What)


stores = st.builds(
    ModelStore,
    versioning=st.sampled_from(["off", "on", "suspended"]),
    write_conditions=st.sampled_from(["honoured", "ignored", "refused"]),
    delete_conditions=st.sampled_from(["honoured", "ignored", "refused"]),
    denied=st.sets(st.sampled_from(get_args(Permission)), max_size=2),
    denied_on_real_name=st.sets(st.sampled_from(["write", "read", "delete"]), max_size=1),
    retention=st.booleans(),
    mute=st.booleans(),
    snapshots=st.integers(0, 2),
    leased=st.booleans(),
    held=st.booleans(),
    settings_denied=st.booleans(),
    tells_markers=st.booleans(),
    reading_for_conditions=st.booleans(),
    full=st.booleans(),
    soft_delete=st.booleans(),
    others_uploads=st.sampled_from([{}, {"theirs": REAL}, {"theirs": "scene.tif"}]).map(dict),
)
scripts = st.dictionaries(st.integers(0, 14), st.builds(Event, st.sampled_from(WHATS), st.integers(1, 12)), max_size=2)


def sparing(examples: int) -> settings:
    """So many cells, or as many as were asked for."""
    return settings(
        max_examples=MORE or examples,
        derandomize=not MORE,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


def fit(kind: str, store: ModelStore) -> None:
    """What this cloud has no such thing of goes."""
    if FRONTS[kind].answer is not s3_answer:
        store.versioning = "off"
        for name in ("write_conditions", "delete_conditions"):
            if getattr(store, name) == "refused":
                setattr(store, name, "honoured")
    # Who may neither read nor list meets a blob by its name alone: the report says that snapshots were not seen, and decides nothing by them.
    if kind != "azure_blob_storage" or {"read", "list"} & store.denied_on_real_name or {"read", "list"} <= store.denied:
        store.snapshots = 0
    store.leased &= kind == "azure_blob_storage"
    # A hold is shown to whoever may read: the report says what was not seen.
    store.held &= (
        kind in ("google_cloud_storage", "azure_blob_storage") and "read" not in store.denied | store.denied_on_real_name
    )
    store.soft_delete &= kind in ("azure_blob_storage", "google_cloud_storage")
    if store.soft_delete:
        store.copies = [(REAL, Version("gone", b"somebody else's", ours=False, number=7))]
    if kind in ("google_cloud_storage", "oracle_cloud_storage"):
        store.others_uploads = {}  # no list shows an unfinished upload of Google's; of Oracle's, nobody asks
