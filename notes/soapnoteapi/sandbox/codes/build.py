"""Make the table of ICD-10-CM categories: `python -m notes.soapnoteapi.sandbox.codes.build`.

Reads the development dependency `simple-icd-10-cm`, which carries the tabular list of the CDC's National Center for
Health Statistics. The same release gives the same bytes.
"""

from __future__ import annotations

import gzip
import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from notes.soapnoteapi.sandbox.codes.table import PATH
from notes.soapnoteapi.sandbox.codes.words import terms

RELEASE = "April 2026"
SOURCE = "ICD-10-CM tabular list, CDC/NCHS, by way of simple-icd-10-cm 1.5.0"
# No diagnoses: codes for special purposes, external causes, and reasons for contact with health services.
LEFT_OUT = "UVWXYZ"
DEFAULT_MARK = "*"


def build() -> bytes:
    """The table: a line with release and source, then `code, title, terms` a category, gzip-compressed."""
    icd = importlib.import_module("simple_icd_10_cm")
    lines = [f"{RELEASE}\t{SOURCE}", *(_line(icd, code) for code in _categories(icd))]
    return gzip.compress("\n".join(lines).encode(), compresslevel=9, mtime=0)


def _categories(icd: Any) -> Iterator[str]:
    for code in sorted(icd.get_all_codes(with_dots=True)):
        if icd.is_category(code) and code[0] not in LEFT_OUT:
            yield code


def _line(icd: Any, category: str) -> str:
    """Terms that stand for the whole category, or for its unspecified code, carry a mark."""
    found: dict[tuple[str, ...], bool] = {}
    for code in [category, *icd.get_descendants(category)]:
        description = icd.get_description(code)
        default = code == category or "unspecified" in description
        for text in [description, *icd.get_inclusion_term(code)]:
            for term in terms(text):
                found[term] = found.get(term, False) or default or text.endswith("NOS")
    written = (DEFAULT_MARK * default + " ".join(term) for term, default in sorted(found.items()))
    return f"{category}\t{icd.get_description(category)}\t{'|'.join(written)}"


def main(target: Path = PATH) -> None:
    target.write_bytes(build())


if __name__ == "__main__":
    main()
