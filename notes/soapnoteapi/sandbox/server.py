"""The process: gunicorn, one worker and a few threads, started from code: nothing secret is on argv."""

from __future__ import annotations

from typing import Any

from gunicorn.app.base import BaseApplication

from notes.soapnoteapi.sandbox.application import Application
from notes.soapnoteapi.sandbox.config import Config
from notes.soapnoteapi.sandbox.engine import Engine
from notes.soapnoteapi.sandbox.hearing.ears import WhisperEars
from notes.soapnoteapi.sandbox.log import log

THREADS = 8


def build(config: Config) -> Application:
    """The application with its engine, not yet started."""
    cache = config.model_cache_dir or config.state_dir / "model"
    return Application(Engine(config, WhisperEars(config.model_dir, cache)))


class Server(BaseApplication):  # type: ignore[misc]
    """The engine lives in the single worker; when that dies, its successor resumes from the stored state."""

    def __init__(self, config: Config) -> None:
        self._sandbox = config
        super().__init__()

    def load_config(self) -> None:
        settings: dict[str, Any] = {
            "bind": f"{self._sandbox.host}:{self._sandbox.port}",
            "workers": 1,
            "worker_class": "gthread",
            "threads": THREADS,
            "timeout": 120,
            "graceful_timeout": 5,
            "keepalive": 5,
            "control_socket_disable": True,
            "loglevel": "warning",
            "proc_name": "countersign-sandbox",
            "when_ready": _ready,
            "worker_exit": _stop,
        }
        for name, value in settings.items():
            self.cfg.set(name, value)

    def load(self) -> Application:
        application = build(self._sandbox)
        application.engine.start()
        return application


def _ready(arbiter: Any) -> None:
    for listener in arbiter.LISTENERS:
        host, port = listener.sock.getsockname()[:2]
        log("listening", address=f"http://{host}:{port}")


def _stop(_arbiter: Any, worker: Any) -> None:
    application = getattr(worker, "wsgi", None)
    if isinstance(application, Application):
        application.engine.stop()
