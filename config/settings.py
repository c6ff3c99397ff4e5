"""The only settings module. Defaults run on a laptop; production is the same code with other environment."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from config import env
from config.csp import CONTENT_SECURITY_POLICY  # noqa: F401
from config.env import BASE_DIR
from config.logs import logging_config
from config.storage import audio_storage

DEBUG = env.flag("DEBUG", default=False)
# A demo deployment holds no real patients: it may use the sandbox engine and generated secrets.
DEMO = env.flag("DEMO", default=False)
VAR_DIR = Path(env.text("VAR_DIR", str(BASE_DIR / "var")))

INSECURE_KEY = "insecure-development-key-never-use-it-where-patients-are"
SECRET_KEY = env.text("SECRET_KEY", INSECURE_KEY)
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS")
ENCRYPTION_KEYS = env.words(
    "ENCRYPTION_KEYS", "dev:" + base64.b64encode(hashlib.sha256(INSECURE_KEY.encode()).digest()).decode()
)

PUBLIC_BASE_URL = env.text("PUBLIC_BASE_URL", "http://127.0.0.1:8000").rstrip("/")
HTTPS = urlsplit(PUBLIC_BASE_URL).scheme == "https"
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
CSRF_TRUSTED_ORIGINS = [PUBLIC_BASE_URL]
# How many reverse proxies stand before us; X-Forwarded-For is believed only that far.
TRUSTED_PROXIES = env.number("TRUSTED_PROXIES", 0)

INSTALLED_APPS = [
    "config.apps.ConfigApp",
    "consent.apps.ConsentApp",
    "encounters.apps.EncountersApp",
    "notes.apps.NotesApp",
    "config.apps.CountersignAdmin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "csp",
    "django_htmx",
    "django_q",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]

MIDDLEWARE = [
    "config.middleware.RequestContextMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "config.middleware.ResponseHeadersMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "encounters.accounts.middleware.SessionLimitsMiddleware",
    "encounters.accounts.middleware.RequireSecondFactorMiddleware",
    "encounters.accounts.middleware.RefusalsMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
APPEND_SLASH = True
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.context.site",
            ],
        },
    }
]

# Database: SQLite runs WAL, fully synchronous, with immediate transactions, so that an acknowledged commit
# survives a power cut and writers queue instead of failing.
DATABASES: dict[str, dict[str, Any]] = {
    "default": env.database("DATABASE_URL", f"sqlite:///{VAR_DIR / 'countersign.sqlite3'}")
}
# Opening a connection costs more than a query, on SQLite, too: its files are locked, checked and mapped anew.
DATABASES["default"] |= {"CONN_MAX_AGE": 60}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA recursive_triggers=ON;",
    }
else:
    DATABASES["default"] |= {"CONN_HEALTH_CHECKS": True}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Broker: "orm" keeps the doorbell in the database; "redis://…" is quicker and may lose rings, which the sweeper
# repairs.
BROKER_URL = env.text("BROKER_URL", "orm://default")
USES_REDIS = BROKER_URL.startswith(("redis://", "rediss://"))
Q_CLUSTER: dict[str, Any] = {
    "name": "countersign",
    "workers": env.number("WORKERS", 2),
    "queue_limit": 2,
    "bulk": 1,
    "poll": 0.2,
    # Longer than an upload over a slow line may take: a worker killed in its middle begins anew and never ends.
    "timeout": 11_400,
    "retry": 12_000,
    "ack_failures": True,
    "max_attempts": 1,
    "save_limit": -1,
    "catch_up": False,
    "recycle": 200,
    "guard_cycle": 1,
    "cache": "q2",
    "label": "Background work",
    **({"redis": BROKER_URL} if USES_REDIS else {"orm": "default"}),
}

CACHES: dict[str, dict[str, Any]] = {
    # Log-in and API limits must hold across processes, hence a shared cache even on a laptop.
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": BROKER_URL}
    if USES_REDIS
    else {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "config_cache",
        # The default of 300 would let a flood push out the counters that throttle log-ins.
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    },
    "q2": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
}

AUDIO_STORAGE_URL = env.text("AUDIO_STORAGE_URL", f"file://{VAR_DIR / 'audio'}")
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {
            "location": VAR_DIR / "documents",
            "base_url": None,
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        },
    },
    "audio": audio_storage(AUDIO_STORAGE_URL),
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.text("STATIC_ROOT", str(BASE_DIR / "staticfiles")))
STATICFILES_DIRS = [BASE_DIR / "config" / "static"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_MANIFEST_STRICT = False

# Audio limits that SOAPNoteAPI documents: 5 s to 4 h; 500 MB on one page, 25 MB on an older one, hence the warning.
AUDIO_MIN_SECONDS = 5
AUDIO_MAX_SECONDS = 4 * 60 * 60
AUDIO_MAX_BYTES = 500 * 1024 * 1024
AUDIO_WARN_BYTES = 25 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

# People
AUTH_USER_MODEL = "encounters.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "encounters.accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES
MFA_ADAPTER = "encounters.accounts.adapter.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Countersign"
# One period either way, for slow fingers and phones that run late; our forms see to it that a code works once.
MFA_TOTP_TOLERANCE = 1
MFA_FORMS = {
    "authenticate": "encounters.accounts.forms.SecondFactorForm",
    "reauthenticate": "encounters.accounts.forms.ConfirmWithCodeForm",
}
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_ALLOW_UNVERIFIED_EMAIL = True  # administrators enter the addresses
REQUIRE_MFA = env.flag("REQUIRE_MFA", default=True)
SESSION_IDLE_SECONDS = env.number("SESSION_IDLE_SECONDS", 15 * 60)
SESSION_ABSOLUTE_SECONDS = env.number("SESSION_ABSOLUTE_SECONDS", 12 * 60 * 60)
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"

# Headers
SECURE_SSL_REDIRECT = False  # the API refuses plain HTTP instead of redirecting; the proxy serves TLS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# Engine. A practice's own account (admin: Engine accounts) wins; these seed one for a single-practice deployment.
SOAPNOTEAPI_BASE_URL = env.text("SOAPNOTEAPI_BASE_URL", "https://api.soapnoteapi.com").rstrip("/")
SOAPNOTEAPI_KEY = env.text("SOAPNOTEAPI_KEY")
SOAPNOTEAPI_WEBHOOK_SECRET = env.text("SOAPNOTEAPI_WEBHOOK_SECRET")
# The sandbox hears with the packaged base model, or with any faster-whisper model in this directory.
SANDBOX_MODEL_DIR = env.text("SANDBOX_MODEL_DIR")

# The pipeline, in seconds.
ENGINE_LEASE_SECONDS = env.number("ENGINE_LEASE_SECONDS", 30)
ENGINE_ANSWER_WAIT_SECONDS = env.number(
    "ENGINE_ANSWER_WAIT_SECONDS", 120
)  # after a lost answer, before sending again
ENGINE_FIRST_POLL_SECONDS = env.number("ENGINE_FIRST_POLL_SECONDS", 10)
ENGINE_OVERDUE_SECONDS = 30 * 60
ENGINE_GIVE_UP_SECONDS = 24 * 60 * 60
ENGINE_PAUSE_SECONDS = env.number("ENGINE_PAUSE_SECONDS", 5 * 60)  # after a refused key or an empty balance
# Sending may take long; one worker at least stays free for results.
ENGINE_SENDING_AT_ONCE = env.number("ENGINE_SENDING_AT_ONCE", max(1, Q_CLUSTER["workers"] - 1))
WEBHOOK_MAX_BYTES = 5 * 1024 * 1024
WORKER_BEAT = "notes.tasks.beat"
WORKER_SWEEP = "notes.tasks.sweep"
WORKER_BEAT_SECONDS = 2
WORKER_STALE_SECONDS = env.number("WORKER_STALE_SECONDS", 45)
WORKER_GRACE_SECONDS = 25

EMAIL_CONFIG = env.email("EMAIL_URL", "consolemail://")
vars().update({key: value for key, value in EMAIL_CONFIG.items() if key.startswith("EMAIL")})
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "countersign@localhost")

# Addresses on this machine that may be called for the keys and webhooks of integrations: a demonstration alone.
LOCAL_CLIENT_ORIGINS = env.words("LOCAL_CLIENT_ORIGINS") if DEMO else []

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["notes.api.authentication.IntegrationKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["notes.api.permissions.HasScope"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "EXCEPTION_HANDLER": "notes.api.errors.problem_handler",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": ["notes.api.throttling.IntegrationRateThrottle"],
    "DEFAULT_THROTTLE_RATES": {"integration": "1200/min", "token": "30/min"},
    "UNAUTHENTICATED_USER": None,
    "COERCE_DECIMAL_TO_STRING": False,
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Countersign API",
    "DESCRIPTION": "Filed notes for EHRs: a change feed in commit order, and single notes.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "PREPROCESSING_HOOKS": [],
    "ENUM_NAME_OVERRIDES": {
        "Place": "notes.api.enums.PLACES",
        "EncounterStatus": "notes.api.enums.ENCOUNTER_STATUS",
        "DocumentState": "notes.api.enums.DOCUMENT_STATE",
        "ReceiptStatus": "notes.api.enums.RECEIPT_STATUS",
        "ReceiptOrMissing": "notes.api.enums.LAG_STATUS",
        "DeliveryState": "notes.api.enums.DELIVERY_STATE",
        "EndpointState": "notes.api.enums.ENDPOINT_STATE",
        "EventType": "notes.api.enums.EVENT_TYPE",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "notes.api.documentation.close_bodies",
        "notes.api.documentation.add_guide",
    ],
}

LANGUAGE_CODE = "en-us"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
LOGGING_CONFIG = None
LOGGING = logging_config(debug=DEBUG)
TEST_RUNNER = "django.test.runner.DiscoverRunner"
SILENCED_SYSTEM_CHECKS = ["security.W008"]  # see SECURE_SSL_REDIRECT
