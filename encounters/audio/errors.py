"""What can be wrong with audio, in words for the person who sent it."""

from __future__ import annotations


class UnusableAudio(Exception):
    """A recording that can't become a note.

    `code` is stable (stored, counted); `message` is for people: what is wrong, then what to do next.
    Neither carries anything from inside the file.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
