"""The forms of a chart entry: text, XHTML and PDF say the same, for every script, and never change."""

from __future__ import annotations

import hashlib
from xml.etree import ElementTree

import pytest
from django.db import Error, transaction

from notes.models import Rendering
from notes.services.documents import RENDERERS
from notes.services.documents.page import xhtml
from notes.services.documents.pdf import TEXT as BODY
from notes.services.documents.pdf import pdf, wrapped
from notes.services.plaintext import Block
from notes.states import NoteState
from tests.factories.notes import NoteFactory, content, retract

db = pytest.mark.django_db
SCRIPTS = "Fièvre é ≥ 38 °C ½ µg\nالسلام عليكم 123\nשלום (test)\n中文病历 日本語 한국어\nสวัสดี नमस्ते\nПривет"


def shapes(note) -> dict[str, bytes]:
    return {row.format: row.body for row in Rendering.objects.filter(document__note=note)}


@db
def test_filing_stores_every_form_once_with_its_hash() -> None:
    note = NoteFactory(filed=True)
    rows = list(Rendering.objects.filter(document__note=note))
    assert {row.format for row in rows} == set(RENDERERS)
    for row in rows:
        assert (row.size, row.sha256) == (len(row.body), hashlib.sha256(row.body).hexdigest())


@db
@pytest.mark.parametrize("change", [lambda rows: rows.update(size=1), lambda rows: rows.delete()])
def test_a_stored_form_is_never_changed(change) -> None:
    NoteFactory(filed=True)
    with pytest.raises(Error, match="immutable"), transaction.atomic():
        change(Rendering.objects.all())


@db
def test_all_forms_carry_every_section_in_every_script() -> None:
    note = NoteFactory(
        filed=True, working=content(subjective=SCRIPTS, plan="Q < 5 & R > 3; \x0b <b>not bold</b>")
    )
    forms = shapes(note)
    said = SCRIPTS.split("\n")
    page = "\n".join(ElementTree.fromstring(forms["xhtml"]).itertext())
    for line in said:
        assert line in forms["text"].decode()
        assert line in page
    assert "<b>not bold</b>" in page
    assert forms["pdf"].startswith(b"%PDF-")


@db
def test_a_note_of_200_kb_is_filed_whole() -> None:
    long = "Knee pain, worse on stairs. " * 7000
    note = NoteFactory(filed=True, working=content(subjective=long))
    assert long.strip() in shapes(note)["text"].decode()
    assert len(shapes(note)["pdf"]) > 20_000


def test_the_same_blocks_give_the_same_bytes() -> None:
    blocks = [Block(SCRIPTS, title="SUBJECTIVE"), Block("Signed", signature=True)]
    assert pdf(blocks, title="Progress note") == pdf(blocks, title="Progress note")
    assert xhtml(blocks, title="Progress note") == xhtml(blocks, title="Progress note")


def test_what_no_typeface_has_is_spelt_out() -> None:
    assert list(wrapped("Feels 😀 today", BODY)) == ["Feels [U+1F600] today"]


@pytest.mark.parametrize("text", ["word " * 500, "x" * 5000, "中" * 5000, "a" * 99 + " " + "b" * 3000])
def test_lines_are_broken_without_losing_a_character(text) -> None:
    lines = list(wrapped(text, BODY))
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


@db
def test_a_retracted_note_says_so_first_and_last_in_every_form() -> None:
    note = NoteFactory(filed=True)
    retract(note)
    note.refresh_from_db()
    assert note.state == NoteState.ENTERED_IN_ERROR
    rows = {row.format: row.body for row in note.documents.last().renderings.all()}
    lines = [line for line in rows["text"].decode().split("\n") if line]
    assert "ENTERED IN ERROR" in lines[0]
    assert "ENTERED IN ERROR" in lines[-1]
    assert rows["xhtml"].decode().count("ENTERED IN ERROR. Do not rely on this note.") == 2
