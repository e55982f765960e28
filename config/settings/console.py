"""The operator's settings: the pages of the base, and every management command."""

from __future__ import annotations

from config import environment
from config.settings.base import *  # noqa: F403  (settings modules build on one another)
from config.settings.base import INSTALLED_APPS, LOGGING, VAR_DIR

INSTALLED_APPS = [
    *INSTALLED_APPS,
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.admin.apps.SimpleAdminConfig",  # without the default site, which would let people edit logins
    "greenhouse.console",
    "greenhouse.api",
]

LOGGING = {
    **LOGGING,
    "filters": {"without_clients_faults": {"()": "config.server_log.WithoutClientsFaults"}},
    "loggers": {**LOGGING["loggers"], "uvicorn.error": {"filters": ["without_clients_faults"]}},
}

# Only this machine, unless the installer names the host under which the base's own network knows it.
ALLOWED_HOSTS = environment.names("GREENHOUSE_ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = environment.names("GREENHOUSE_TRUSTED_ORIGINS", "")
# Where visitors' pages are served; only compared with the console's own names (config.production).
PUBLIC_HOST = environment.text("GREENHOUSE_PUBLIC_HOST", "")
# Proxies whose word is taken for where a request comes from. Anybody else could write that header.
TRUSTED_PROXIES = environment.names("GREENHOUSE_TRUSTED_PROXIES", "")

# Calls of the open interface in a minute: of a token or person, and of all strangers behind one address.
API_CALLS_PER_MINUTE = environment.number("GREENHOUSE_API_CALLS", 600, lowest=10, highest=1_000_000)
API_STRANGERS_CALLS_PER_MINUTE = environment.number("GREENHOUSE_API_STRANGERS_CALLS", 60, lowest=5, highest=1_000_000)
# Addresses that may read /metrics without a token. Behind a proxy on this machine everybody comes from this machine,
# unless GREENHOUSE_TRUSTED_PROXIES names it: so none is the default.
METRICS_FROM = environment.names("GREENHOUSE_METRICS_FROM", "")

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "config.middleware.ContentSecurityPolicy",
    "django.middleware.gzip.GZipMiddleware",  # the overview is 130 kB of text, 12 kB compressed
    "config.middleware.StaticFiles",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "greenhouse.console.page.middleware.ChosenLanguage",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "greenhouse.console.page.middleware.RoleRequired",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "greenhouse.console.page.context.preferences",
                "greenhouse.console.pace.views.training",
            ],
        },
    },
]

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)  # empty until collectstatic has run
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

LOGIN_URL = "/login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/login"

# On the base's own network the console is served without TLS; behind a TLS proxy set GREENHOUSE_HTTPS=1.
HTTPS = environment.flag("GREENHOUSE_HTTPS", default=False)
SESSION_COOKIE_NAME = "console_session"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_NAME = "console_csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = HTTPS
LANGUAGE_COOKIE_NAME = "console_language"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE = HTTPS
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = HTTPS
# What watches over this process asks it directly, past the proxy; the two tell nothing.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 30 * 24 * 3600 if HTTPS else 0
# The header speaks for this host name alone: others under it may be cameras and controllers without TLS, and a name on
# the base's own network is in no browser's preload list.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
X_FRAME_OPTIONS = "DENY"
