"""What the running product would have written to its log."""

from __future__ import annotations

import io
import logging
import logging.config
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from config.logs import logging_config


@contextmanager
def logbook() -> Iterator[io.StringIO]:
    """Logs through the product's own configuration, into memory."""
    kept, lines = logging.root.manager.loggerDict, io.StringIO()
    before = {name: _state(kept[name]) for name in list(kept) if isinstance(kept[name], logging.Logger)}
    root = _state(logging.root)
    wanted = logging_config(debug=False)
    wanted["handlers"]["stderr"]["stream"] = lines
    logging.config.dictConfig(wanted)
    try:
        yield lines
    finally:
        for name, state in {**before, "": root}.items():
            logger = logging.getLogger(name) if name else logging.root
            logger.handlers, logger.level, logger.propagate, logger.disabled = state
        logging.root.manager._clear_cache()  # type: ignore[attr-defined]


def _state(logger: Any) -> tuple[Any, ...]:
    return list(logger.handlers), logger.level, logger.propagate, logger.disabled
