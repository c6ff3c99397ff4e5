from notes.admin.access import AccessTokenAdmin, UsedAssertionAdmin
from notes.admin.engine import EngineAccountAdmin, EngineEventAdmin
from notes.admin.integrations import IntegrationAdmin
from notes.admin.records import FiledDocumentAdmin, NoteAdmin, SubmissionAdmin

__all__ = [
    "AccessTokenAdmin",
    "EngineAccountAdmin",
    "EngineEventAdmin",
    "FiledDocumentAdmin",
    "IntegrationAdmin",
    "NoteAdmin",
    "SubmissionAdmin",
    "UsedAssertionAdmin",
]  # fmt: skip
