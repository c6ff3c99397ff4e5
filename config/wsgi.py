"""WSGI entry point (gunicorn gthread; ASGI was 2–20 times slower here and nothing needs it)."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()
