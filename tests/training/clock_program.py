"""A process of a training base that does nothing but read its clock, for tests that look at several of them.

``python clock_program.py DATABASE FOLDER``: prints base time, ten times a second, and the time since the
machine started before and after it was read.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

database, folder = sys.argv[1:3]
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ |= {
    "DJANGO_SETTINGS_MODULE": "config.settings.console",
    "GREENHOUSE_VAR": folder,
    "GREENHOUSE_TRAINING": "1",
}

import django  # noqa: E402
from django.conf import settings  # noqa: E402

settings.DATABASES["default"]["NAME"] = database
django.setup()

from greenhouse.clock import boot_s, utc_now  # noqa: E402

while True:
    before_s = boot_s()
    base = utc_now().timestamp()
    sys.stdout.write(f"{base:.6f} {before_s:.6f} {boot_s():.6f}\n")
    sys.stdout.flush()
    time.sleep(0.1)
