"""Whether the server can work: the store answers, the model is whole, the disk has room.

Balancers ask every few seconds: what takes long (hashes of a model's weights) is asked again only
after a minute.
"""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from threading import Lock

from api.settings import Settings
from detect.errors import ModelError
from issues.errors import StoreError
from issues.store import Store
from issues.store.migration import HEAD, revision

MODEL_AGAIN_S = 60.0


class Readiness:
    """Asked by /readyz and by ``tidycity doctor``."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._settings = settings
        self._store = store
        self._lock = Lock()
        self._model_until_s = 0.0
        self._model_error: ModelError | None = None

    def check(self) -> None:
        """Raises StoreError (unreachable, old_schema, disk_full, …) or ModelError."""
        self._store.check()
        with self._store.engine.connect() as connection:
            found = revision(connection)
        if found != HEAD:
            raise StoreError(
                f"the store is at schema {found}, this tidycity works with {HEAD}",
                code="old_schema",
                mend="Restart the server: it brings an older store up to date when it starts.",
            )
        check_free(self._settings.data_dir, self._settings.keep_free_mb)
        self._check_model()

    def _check_model(self) -> None:
        with self._lock:
            if time.monotonic() >= self._model_until_s:
                self._model_error = model_error(self._settings.model)
                self._model_until_s = time.monotonic() + MODEL_AGAIN_S
            if self._model_error is not None:
                raise self._model_error


def model_error(named: str | None) -> ModelError | None:
    """What is wrong with the files of the model or models; None: nothing."""
    from detect.model_folder import default_set, load_card
    from detect.model_set import names_in

    try:
        for name in names_in(default_set() if named is None else named):
            load_card(name)
    except ModelError as error:
        return error
    return None


def check_free(data_dir: Path, keep_free_mb: int) -> None:
    """Raises StoreError (disk_full) when less is free than must stay so."""
    free_mb = shutil.disk_usage(data_dir).free / 1e6
    if free_mb < keep_free_mb:
        raise StoreError(
            f"{free_mb:.0f} MB are free at {data_dir}, {keep_free_mb} must stay so",
            code="disk_full",
            mend="Free some space on that disk, or set TIDYCITY_KEEP_FREE_MB lower.",
        )
