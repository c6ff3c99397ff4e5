"""One line of `billing_codes`. Its shape is ours: the vendor's is unpublished."""

from __future__ import annotations

LONGEST_QUOTE = 140
Entry = dict[str, str]


def suggestion(code: str, meaning: str, *, source: str, reason: str) -> Entry:
    """A code that nobody said: its description calls it so and quotes its ground, for readers that show only that."""
    description = f"Suggestion to check: {meaning}. Rests on: {_quoted(source)}"
    return {
        "code": code,
        "description": description,
        "source": source,
        "reason": reason,
        "kind": "suggestion",
    }


def mention(code: str, source: str) -> Entry:
    """A code that was written or read out, as it is."""
    return {"code": code, "description": "Code as mentioned", "source": source, "kind": "mentioned"}


def _quoted(source: str) -> str:
    short = source if len(source) <= LONGEST_QUOTE else source[: LONGEST_QUOTE - 1].rstrip() + "…"
    return f"“{short}”"
