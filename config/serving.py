"""How gunicorn serves the app: `gunicorn -c python:config.serving config.wsgi`. Command-line options win.

Threads, because requests wait for the database more than they compute. There is no access log: the app writes one
line a request, with its request id and without path or query. What gunicorn itself has to say is JSON, too.
"""

from __future__ import annotations

import logging
from typing import Any

from config.logs import logging_config

worker_class = "gthread"
threads = 8
timeout = 120
loglevel = "warning"
accesslog = None


class Unquoted(logging.Filter):
    """Takes the address, the request line and exception text out of gunicorn's complaints about a request."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info:
            record.msg, record.args = "request failed in the server", ()
        elif str(record.msg).startswith("Invalid request"):
            record.msg, record.args = "request refused as malformed", ()
        return True


def _logging() -> dict[str, Any]:
    config = logging_config(debug=False)
    config["filters"] = {"unquoted": {"()": Unquoted}}
    own = {"handlers": ["stderr"], "propagate": False, "filters": ["unquoted"]}
    config["loggers"] |= {
        "gunicorn.error": {**own, "level": "WARNING"},
        "gunicorn.access": {**own, "level": "WARNING"},
    }
    return config


logconfig_dict = _logging()
logging.captureWarnings(True)  # noqa: FBT003
