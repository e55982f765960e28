"""What every process of the base shares: the store, time, languages, logging.

Nothing here serves a page; ``console`` adds that.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _

from config import environment
from config.secrets import installation_secret

BASE_DIR = Path(__file__).resolve().parent.parent.parent
# A base in service, not a demonstration: config.production says what it refuses to start with.
PRODUCTION = environment.flag("GREENHOUSE_PRODUCTION", default=False)
if PRODUCTION:
    os.umask(os.umask(0o077) | 0o007)  # databases and logs are nobody else's business
# A base for lessons, with a clock that can be sped up and a database of its own (docs/training.md).
TRAINING = environment.flag("GREENHOUSE_TRAINING", default=False)
VAR_DIR = environment.folder("GREENHOUSE_VAR", BASE_DIR / "var" / "training" if TRAINING else BASE_DIR / "var")
VAR_DIR.mkdir(mode=0o750, parents=True, exist_ok=True)
BASE_FILE = environment.folder("GREENHOUSE_BASE_FILE", BASE_DIR / "bases" / "kangbashi.toml")
# The daily head of the ledger; better on another disk or machine than the database.
LEDGER_HEADS = environment.folder("GREENHOUSE_LEDGER_HEADS", VAR_DIR / "ledger-heads.txt")
# One folder per backup; better on another disk than the database.
BACKUPS = environment.folder("GREENHOUSE_BACKUPS", VAR_DIR / "backups")
BACKUP_HOUR = environment.number("GREENHOUSE_BACKUP_HOUR", 2, lowest=0, highest=23)
KEEP_BACKUPS = {
    "daily": environment.number("GREENHOUSE_KEEP_DAILY", 7, lowest=1),
    "weekly": environment.number("GREENHOUSE_KEEP_WEEKLY", 4, lowest=0),
    "monthly": environment.number("GREENHOUSE_KEEP_MONTHLY", 12, lowest=0),
}

DEBUG = environment.flag("GREENHOUSE_DEBUG", default=False)
SECRET_KEY = environment.text("GREENHOUSE_SECRET_KEY", "") or installation_secret(VAR_DIR / "secrets" / "django")

INSTALLED_APPS = [
    "config.apps.InstallationConfig",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "greenhouse.ledger",
    "greenhouse.training",
    "greenhouse.access",
    "greenhouse.site",
    "greenhouse.telemetry",
    "greenhouse.commands",
    "greenhouse.rules",
    "greenhouse.alarms",
    "greenhouse.schedules",
    "greenhouse.annotations",
    "greenhouse.crops",
    "greenhouse.harvest",
    "greenhouse.configuration",
    "greenhouse.outreach",
    "scheduler",
    "scheduler.leases",
]


def _sqlite(file: Path, *, synchronous: str, journal: str = "WAL") -> dict[str, Any]:
    """A SQLite file that one process writes while others read.

    Every transaction of a writer takes the write lock at its start (IMMEDIATE): a transaction that first reads and then
    writes would otherwise fail at once, without waiting, when another one wrote in between.
    """
    return {
        "ENGINE": "greenhouse.database.sqlite",
        "NAME": str(file),
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "timeout": 5.0,
            "transaction_mode": "IMMEDIATE",
            "init_command": f"PRAGMA journal_mode={journal}; PRAGMA synchronous={synchronous};",
        },
    }


_database_url = environment.text("DATABASE_URL", "")
DATABASES: dict[str, Any] = (
    {"default": environment.postgresql(_database_url), "telemetry": environment.postgresql(_database_url)}
    if _database_url
    else {
        # A command or a harvest weight must survive a power cut; the last second of samples need not.
        "default": _sqlite(VAR_DIR / "main.sqlite3", synchronous="FULL"),
        "telemetry": _sqlite(VAR_DIR / "telemetry.sqlite3", synchronous="NORMAL"),
    }
)
# What visitors' pages are made from: written here, read by their own process (config.settings.public). On SQLite
# without a write-ahead log, which who may only read the file could not open (docs/adr/0031).
_outreach_url = environment.text("GREENHOUSE_OUTREACH_URL", "")
DATABASES["outreach"] = (
    environment.postgresql(_outreach_url, variable="GREENHOUSE_OUTREACH_URL")
    if _outreach_url
    else _sqlite(VAR_DIR / "outreach.sqlite3", synchronous="FULL", journal="DELETE")
)
# What of the base visitors may see, and how late.
PUBLISHED_FILE = environment.folder(
    "GREENHOUSE_PUBLISHED_FILE", BASE_DIR / "greenhouse" / "publishing" / "data" / "published.toml"
)
# How long samples are kept: as rows, packed, and as buckets of a minute, a quarter of an hour and an hour.
TELEMETRY_KEEP_DAYS = {
    name: environment.days(f"GREENHOUSE_KEEP_{name.upper()}_DAYS", default)
    for name, default in (("rows", 2), ("samples", 730), ("minute", 365), ("quarter_hour", 1825), ("hour", None))
}
# A base whose devices are all simulated is given so many days of simulated past; 0: none.
DEMO_HISTORY_DAYS = environment.number("GREENHOUSE_DEMO_HISTORY_DAYS", 365, lowest=0, highest=365)
# Another number gives the simulated base other weather and instruments, and a past that fits them.
SIMULATION_SEED = environment.number("GREENHOUSE_SIMULATION_SEED", 1, lowest=0, highest=1_000_000)
# Beside SQLite: carries nudges from who stores to who looks. PostgreSQL needs no other server for that.
REDIS_URL = environment.redis(environment.text("REDIS_URL", ""))
TELEMETRY_SHARES_MAIN_DATABASE = bool(_database_url)
# On PostgreSQL: after this long without a sign of life of the control process another machine takes over.
LEASE_LASTS_S = environment.seconds("GREENHOUSE_LEASE_S", 10.0, at_least=2.0, at_most=60.0)
DATABASE_ROUTERS = ["config.routers.Router"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

USE_TZ = True
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "greenhouse.access.passwords.LongEnough"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

_log_level = environment.choice("GREENHOUSE_LOG_LEVEL", "INFO", frozenset({"DEBUG", "INFO", "WARNING", "ERROR"}))
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": _log_level},
    "loggers": {
        # The bus and link health report each loss and recovery once; the libraries would repeat it at every poll.
        "pymodbus": {"level": "CRITICAL"},
        "apscheduler": {"level": "WARNING"},
        # Django would print its own copy of what the root logger prints.
        "django": {"handlers": [], "level": _log_level, "propagate": True},
        "django.server": {"handlers": [], "level": _log_level, "propagate": True},
        # At DEBUG it writes all that a template knows, forms' tokens included, for each name that is not there.
        "django.template": {"level": "INFO"},
    },
}
