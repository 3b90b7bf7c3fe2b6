"""A process that sends: ``feed_process DATA [URL]``; leases are short here."""

from __future__ import annotations

import sys
import time
from datetime import timedelta
from pathlib import Path

from api.feed import dispatcher
from api.feed.service import make_feed
from api.pictures import Pictures
from api.services import utc_now
from api.settings import Settings
from issues.catalogue import load_catalogue
from issues.store import open_store

if __name__ == "__main__":
    settings = Settings(data_dir=Path(sys.argv[1]), feed_allow="127.0.0.0/8")
    store = open_store(sys.argv[2] if len(sys.argv) > 2 else None, settings.data_dir)
    dispatcher.Dispatcher.__init__.__kwdefaults__["lease"] = timedelta(seconds=1)
    pictures = Pictures(store.evidence, blur_faces=False, now=utc_now)
    feed = make_feed(settings, store, load_catalogue(), pictures, utc_now)
    feed.start()
    time.sleep(300)
