"""What a fault can be told: named values with a kind, bounds and a default."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

Value = int | float | str | bool

_WORD = re.compile(r"[\x20-\x7e\u00a0-\uffff]{0,200}")
_FLAGS = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


@dataclass(frozen=True)
class Parameter:
    """One value of a fault. `read` raises ValueError in words that say what is wanted."""

    name: str
    default: Value
    says: str
    choices: tuple[Value, ...] = ()
    least: float = 0
    most: float = math.inf

    def read(self, value: object) -> Value:
        """`value` as this parameter takes it, from JSON or from the text of a header."""
        found = self._converted(value)
        if found is None or (self.choices and found not in self.choices):
            raise ValueError(f"{self.name} must be {self.wanted}")
        is_number = isinstance(found, int | float) and not isinstance(found, bool)
        if is_number and not self.least <= float(found) <= self.most:
            raise ValueError(f"{self.name} must be {self.wanted}")
        return found

    @property
    def wanted(self) -> str:
        if self.choices:
            return f"one of {', '.join(map(str, self.choices))}"
        if isinstance(self.default, bool):
            return "yes or no"
        if isinstance(self.default, str):
            return "text of at most 200 characters"
        kind = "a whole number" if isinstance(self.default, int) else "a number"
        top = "" if math.isinf(self.most) else f" and at most {self.most:g}"
        return f"{kind}, at least {self.least:g}{top}"

    def described(self) -> dict[str, object]:
        return {"name": self.name, "default": self.default, "wants": self.wanted, "does": self.says}

    def _converted(self, value: object) -> Value | None:
        if isinstance(self.default, bool):
            return value if isinstance(value, bool) else _FLAGS.get(str(value).lower())
        if isinstance(self.default, str):
            return value if isinstance(value, str) and _WORD.fullmatch(value) else None
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            return None
        try:
            return int(value) if isinstance(self.default, int) else _finite(float(value))
        except (ValueError, OverflowError):
            return None


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
