"""Settings of the process that visitors reach. It builds on none of the base's other settings.

It knows the outreach database, which it can only read, and nothing else: no main database, no sessions, no logins, no
secret of the base. Secrets that stand in its environment all the same are forgotten here, before anything reads them.
"""

from __future__ import annotations

import os
from pathlib import Path
from secrets import token_hex
from typing import Any
from urllib.parse import quote

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from config import environment

FORGOTTEN = ("DATABASE_URL", "REDIS_URL", "GREENHOUSE_OUTREACH_URL", "GREENHOUSE_SECRET_KEY")
"""Variables of the base's own processes. The supervisor does not hand them on, nor should a unit of one's own."""
for _name in FORGOTTEN:
    os.environ.pop(_name, None)

BASE_DIR = Path(__file__).resolve().parent.parent.parent
PRODUCTION = environment.flag("GREENHOUSE_PRODUCTION", default=False)
_training = environment.flag("GREENHOUSE_TRAINING", default=False)
VAR_DIR = environment.folder("GREENHOUSE_VAR", BASE_DIR / "var" / "training" if _training else BASE_DIR / "var")

DEBUG = False
SECRET_KEY = token_hex(32)  # signs nothing: there are no sessions and no forms
# A name of its own, so that no browser sends the console's cookie here. Browsers take *.localhost for this machine.
PUBLIC_HOST = environment.text("GREENHOUSE_PUBLIC_HOST", "visit.localhost")
if PRODUCTION and PUBLIC_HOST.endswith("localhost"):
    raise ImproperlyConfigured("GREENHOUSE_PUBLIC_HOST is not set: visitors' pages need a host name of their own")
ALLOWED_HOSTS = [PUBLIC_HOST.rpartition(":")[0] if ":" in PUBLIC_HOST else PUBLIC_HOST]
HTTPS = environment.flag("GREENHOUSE_HTTPS", default=False)
# What the QR codes on the wall lead to.
PUBLIC_ADDRESS = environment.text("GREENHOUSE_PUBLIC_ADDRESS", f"{'https' if HTTPS else 'http'}://{PUBLIC_HOST}")

INSTALLED_APPS = ["django.contrib.staticfiles", "greenhouse.outreach"]
MIDDLEWARE = [
    "config.public.middleware.InOneStep",
    "config.middleware.ContentSecurityPolicy",
    "config.public.middleware.ReadersWithoutNames",
]
ROOT_URLCONF = "config.public.urls"
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True, "OPTIONS": {}}]


_POSTGRESQL = "django.db.backends.postgresql"


def _read_only(file: Path) -> dict[str, Any]:
    """A SQLite file that this process cannot write, whatever it tries."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": f"file:{quote(str(file))}?mode=ro",
        "CONN_MAX_AGE": None,
        "OPTIONS": {"uri": True, "timeout": 2.0, "init_command": "PRAGMA query_only=ON;"},
    }


# On PostgreSQL a role that may only SELECT (docs/outreach.md).
_database_url = environment.text("GREENHOUSE_PUBLIC_DATABASE_URL", "")
DATABASES: dict[str, Any] = {
    "default": (
        {**environment.postgresql(_database_url, variable="GREENHOUSE_PUBLIC_DATABASE_URL"), "ENGINE": _POSTGRESQL}
        if _database_url
        else _read_only(VAR_DIR / "outreach.sqlite3")
    )
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

USE_TZ = True
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]

# Scripts and styles are built with a name that says their content, so browsers keep them for good.
STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_MAX_AGE = 365 * 24 * 3600

APPEND_SLASH = False
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "no-referrer"
SECURE_HSTS_SECONDS = 30 * 24 * 3600 if HTTPS else 0
X_FRAME_OPTIONS = "DENY"

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    # Visitors guess addresses; a line for each would fill the log.
    "loggers": {"django.request": {"level": "ERROR"}, "django.security.DisallowedHost": {"level": "CRITICAL"}},
}
