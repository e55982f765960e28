"""Settings of the tests: the console's, on databases and folders that belong to one test run alone."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

TEST_DIR = Path(tempfile.gettempdir()) / f"greenhouse-test-{os.getpid()}"
os.environ["GREENHOUSE_VAR"] = str(TEST_DIR)
atexit.register(shutil.rmtree, TEST_DIR, ignore_errors=True)
os.environ.setdefault("GREENHOUSE_DEMO_HISTORY_DAYS", "0")  # a base of a test shall not compute a year beside it
os.environ["GREENHOUSE_SECRET_KEY"] = "for tests only, protects nothing"  # noqa: S105  (not a secret)

from config.settings.console import *  # noqa: E402, F403  (the folder must be named before they are read)
from config.settings.console import DATABASES, STORAGES  # noqa: E402

for _alias, _database in DATABASES.items():
    # Real files, not in memory: threads and processes of a test share them as they do in service.
    _database["TEST"] = {
        "NAME": f"test_{_database['NAME']}_{os.getpid()}"
        if "postgresql" in _database["ENGINE"]
        else str(TEST_DIR / f"test-{_alias}.sqlite3")
    }
    if "postgresql" in _database["ENGINE"]:
        # A test that is rolled back is one transaction, however long it computes between two statements.
        _database["OPTIONS"]["options"] += " -c idle_in_transaction_session_timeout=0"
    else:
        # Rows that were asked for in no order come in the other one: what relies on the first one fails here, not in
        # the one run of a hundred in which PostgreSQL moved a row.
        _database["OPTIONS"]["init_command"] += " PRAGMA reverse_unordered_selects=ON;"

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
WHITENOISE_USE_FINDERS = True  # static files from the source folders, without collectstatic
WHITENOISE_AUTOREFRESH = True
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "testserver"]
