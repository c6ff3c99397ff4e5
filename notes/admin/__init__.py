from notes.admin.engine import EngineAccountAdmin, EngineEventAdmin
from notes.admin.integrations import IntegrationAdmin
from notes.admin.records import FiledDocumentAdmin, NoteAdmin, SubmissionAdmin

__all__ = [
    "EngineAccountAdmin", "EngineEventAdmin", "FiledDocumentAdmin", "IntegrationAdmin", "NoteAdmin", "SubmissionAdmin",
]  # fmt: skip
