# ruff: noqa: E501
"""Who gets what at every address: one line per address and method, one column per caller (tests/world.py).

in: sent to sign in · 2f: sent to give the second factor · go: sent on to another page of the product · a number: the
HTTP status · !: the request changed the object that it is about. The object asked for belongs to our practice; the
outsider, the other administrator and the other key belong to another one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import urlencode

from tests.world import CALLERS, PEOPLE

# Which of our objects stands for the id in an address.
SUBJECTS: dict[str, str] = {
    "encounter": "encounter", "encounter-status": "encounter", "encounter-retry": "failed",
    "encounter-write": "encounter", "transcript": "encounter", "encounter-edit": "encounter",
    "encounter-consent": "encounter", "participant-add": "encounter", "encounter-start": "scheduled",
    "encounter-end": "running", "encounter-cancel": "scheduled", "recording-discard": "encounter",
    "encounter-upload": "encounter", "upload-begin": "encounter", "upload-slice": "encounter",
    "upload-finish": "encounter", "chart": "patient", "engine-webhook": "account", "api-note": "filed",
    "encounter-capture": "encounter", "capture-session": "capture", "capture-slice": "capture",
    "capture-end": "capture", "capture-discard": "capture",
    "recording-hook": "connection", "vendor-recording-link": "nobodys", "vendor-recording-discard": "nobodys",
    "vendor-recording-retry": "lost", "api-encounter": "encounter", "api-calls": "encounter", "api-capture-tokens": "encounter",
    "api-capture-session": "capture", "api-capture-slice": "capture", "api-capture-end": "capture",
    "api-capture-discard": "capture", "api-transcript": "filed", "note": "draft", "note-draft": "draft", "note-merge": "draft", "note-consent": "draft", "note-sign": "draft",
    "api-latest-document": "filed", "api-versions": "filed", "api-version": "filed",
    "api-document": "filed", "api-receipt": "filed", "api-redeliver": "change", "api-webhook": "webhook",
    "api-webhook-rotate": "webhook", "api-webhook-deliveries": "webhook",
    "note-unsign": "signed", "note-file": "signed", "note-history": "draft", "note-addendum": "filed", "note-retract": "filed",
    "admin:agreement-document": "agreement",
}  # fmt: skip

# Addresses whose ids are not objects of a practice: one-time keys of account mails, and the admin's catch-alls.
FREE_ARGUMENTS: dict[str, tuple[str, ...]] = {
    "recording-push": ("00000000-0000-7000-8000-000000000000", "no-such-file"),
    "account_confirm_email": ("no-such-key",),
    "account_reset_password_from_key": ("x", "no-such-key"),
    "admin:view_on_site": ("1", "1"),
    "admin:app_list": ("consent",),
}
PUT_TOO = {"upload-slice", "capture-slice", "api-receipt", "recording-push", "api-capture-slice"}
PATCH_AND_DELETE_TOO = {"api-webhook"}
# Machines: every kind of key is tried. People's addresses take no keys, so one stands for all.
FOR_MACHINES = {
    "api-patients", "api-encounters", "api-encounter", "api-calls", "recording-push", "api-capture-tokens",
    "api-capture", "api-capture-session", "api-capture-slice", "api-capture-end", "api-capture-discard",
    "healthz", "readyz", "oauth-token", "oauth-revoke", "engine-webhook", "recording-hook", "api-notes", "api-note", "api-transcript", "api-schema",
    "api-docs", "api-not-found", "fhir-documents", "fhir-documents-search", "fhir-document", "fhir-history", "fhir-version",
    "fhir-bundle", "fhir-binary", "fhir-provenances", "fhir-provenances-search", "fhir-provenance", "fhir-people",
    "fhir-people-search", "fhir-person", "fhir-metadata", "fhir-smart", "fhir-not-found", "fhir-export",
    "fhir-export-patients", "fhir-export-group", "fhir-export-status", "fhir-export-file",
    "api-latest-document", "api-versions", "api-version", "api-document", "api-receipt",
    "api-receipts", "api-events", "api-redeliver", "api-webhooks", "api-webhook", "api-webhook-rotate",
    "api-webhook-deliveries", "api-me", "api-health",
}  # fmt: skip
NOT_FOR_PEOPLE = {
    "api-capture-tokens", "api-capture-session", "api-capture-slice", "api-capture-end", "api-capture-discard",
    "api-encounter", "api-calls", "fhir-export-status", "fhir-export-file",
    "engine-webhook", "recording-hook", "api-note", "api-transcript", "api-latest-document", "api-versions",
    "api-version", "api-document", "api-receipt", "api-redeliver", "api-webhook", "api-webhook-rotate",
    "api-webhook-deliveries",
}  # fmt: skip
ADMIN_OWN = {
    "admin:index", "admin:login", "admin:logout", "admin:password_change", "admin:password_change_done",
    "admin:autocomplete", "admin:jsi18n", "admin:view_on_site", "admin:app_list", "admin:agreement-document",
}  # fmt: skip
CATCH_ALL = {"admin/(?P<url>.*)$"}
STAFF = ("admin", "superuser", "out_admin")
ADMIN_COLUMNS = (
    ("changelist", "GET"), ("changelist", "POST"), ("add", "GET"), ("add", "POST"), ("change", "GET"),
    ("change", "POST"), ("delete", "GET"), ("delete", "POST"), ("history", "GET"),
)  # fmt: skip
# All pages of the site stand behind one check; for everybody but staff these are tried.
ADMIN_DOORS = (("changelist", "GET"), ("add", "POST"), ("change", "GET"), ("change", "POST"))


def form(name: str, objects: Mapping[str, Any]) -> dict[str, Any]:
    """A request that would do something, as far as no other caller's state is needed; for Client.generic()."""
    fields: dict[str, dict[str, Any]] = {
        "encounter-consent": {
            "participant": objects["participant"].pk, "decision": "granted", "method": "verbal"
        },
        "participant-add": {"role": "family", "name": "Somebody"},
        "encounter-cancel": {"reason": "other"},
        "vendor-recording-link": {"encounter": objects["encounter"].pk},
        "vendor-recording-discard": {"reason": "test"},
        "transcript": {"kind": "shorthand", "text": "Knee pain for two weeks. " * 4},
        "fhir-people-search": {"_count": "1"},
        "fhir-provenances-search": {"_count": "1"},
        "fhir-export": {"_type": "Patient"},
        "fhir-export-patients": {"_type": "Patient"},
        "fhir-export-group": {"_type": "Patient"},
        "encounter-new": {"do": "search", "query": "Somebody"},
    }  # fmt: skip
    bodies: dict[str, Any] = {
        "note-draft": {"version": objects["draft"].version, "content": objects["draft"].working},
        "upload-begin": {"size": 100_000, "fingerprint": "b" * 64},
    }
    bodies["capture-end"] = {"segments": [{
        "segment": 0, "slices": 2, "sha256": "0" * 64, "mime": "audio/webm;codecs=opus", "duration_ms": 9000,
    }], "ended_reason": "stopped"}  # fmt: skip
    bodies["api-receipt"] = {"status": "filed"}
    bodies["api-webhooks"] = {"url": "https://ehr.example.com/hook"}
    bodies["api-webhook"] = {"enabled": False}
    bodies |= {
        "api-patients": {
            "mrn": "A-1", "given_name": "Alex", "family_name": "Example", "birth_date": "1980-05-17",
        },
        "api-encounters": {"patient": str(objects["patient"].pk), "provider": str(objects["encounter"].provider_id)},
        "api-capture-tokens": {"origin": "https://video.example"},
        "api-calls": {"connection": str(objects["connection"].pk), "external_id": "RM1"},
    }  # fmt: skip
    if name in bodies:
        return {"data": json.dumps(bodies[name]), "content_type": "application/json"}
    if name == "upload-slice":
        return {"data": b"x", "content_type": "application/octet-stream", "headers": {"Upload-Offset": "7"}}
    if name == "capture-slice":
        digest = {"Content-Digest": f"sha-256=:{'A' * 43}=:"}
        return {"data": b"x", "content_type": "application/octet-stream", "headers": digest}
    return {
        "data": urlencode(fields.get(name, {"nothing": "1"})),
        "content_type": "application/x-www-form-urlencoded",
    }


PAGES = """
#                                         anon half prov coll asst comp clin adm  supr out  outa inac form key
account                              GET  go   go   go   go   go   go   go   go   go   go   go   go   go   go
account                              POST go   go   go   go   go   go   go   go   go   go   go   go   go   go
session_renew                        GET  in   200  200  200  200  200  200  200  200  200  200  in   200  in
session_renew                        POST 401  200  200  200  200  200  200  200  200  200  200  401  200  401
account_logout                       GET  in   200  200  200  200  200  200  200  200  200  200  in   200  in
account_logout                       POST in   in   in   in   in   in   in   in   in   in   in   in   in   in
account_email                        GET  go   go   go   go   go   go   go   go   go   go   go   go   go   go
account_email                        POST go   go   go   go   go   go   go   go   go   go   go   go   go   go
account_email_verification_sent      GET  go   go   go   go   go   go   go   go   go   go   go   go   go   go
account_email_verification_sent      POST go   go   go   go   go   go   go   go   go   go   go   go   go   go
account_login                        GET  200  go   go   go   go   go   go   go   go   go   go   200  go   200
account_login                        POST 200  go   go   go   go   go   go   go   go   go   go   200  go   200
account_inactive                     GET  200  200  200  200  200  200  200  200  200  200  200  200  200  200
account_inactive                     POST 405  405  405  405  405  405  405  405  405  405  405  405  405  405
account_signup                       GET  200  go   go   go   go   go   go   go   go   go   go   200  go   200
account_signup                       POST 200  go   go   go   go   go   go   go   go   go   go   200  go   200
account_reauthenticate               GET  in   200  200  200  200  200  200  200  200  200  200  in   200  in
account_reauthenticate               POST in   200  200  200  200  200  200  200  200  200  200  in   200  in
account_change_password              GET  in   200  200  200  200  200  200  200  200  200  200  in   200  in
account_change_password              POST in   200  200  200  200  200  200  200  200  200  200  in   200  in
account_set_password                 GET  in   go   go   go   go   go   go   go   go   go   go   in   go   in
account_set_password                 POST in   go   go   go   go   go   go   go   go   go   go   in   go   in
account_reset_password               GET  200  200  200  200  200  200  200  200  200  200  200  200  200  200
account_reset_password               POST 200  200  200  200  200  200  200  200  200  200  200  200  200  200
account_confirm_login_code           GET  in   go   go   go   go   go   go   go   go   go   go   in   go   in
account_confirm_login_code           POST in   go   go   go   go   go   go   go   go   go   go   in   go   in
account_confirm_email                GET  200  200  200  200  200  200  200  200  200  200  200  200  200  200
account_confirm_email                POST 404  404  404  404  404  404  404  404  404  404  404  404  404  404
account_reset_password_from_key_done GET  200  200  200  200  200  200  200  200  200  200  200  200  200  200
account_reset_password_from_key_done POST 405  405  405  405  405  405  405  405  405  405  405  405  405  405
account_reset_password_from_key      GET  200  200  200  200  200  200  200  200  200  200  200  200  200  200
account_reset_password_from_key      POST 200  200  200  200  200  200  200  200  200  200  200  200  200  200
account_reset_password_done          GET  200  200  200  200  200  200  200  200  200  200  200  200  200  200
account_reset_password_done          POST 405  405  405  405  405  405  405  405  405  405  405  405  405  405
mfa_index                            GET  in   200  200  200  200  200  200  200  200  200  200  in   200  in
mfa_index                            POST in   405  405  405  405  405  405  405  405  405  405  in   405  in
mfa_authenticate                     GET  in   go   go   go   go   go   go   go   go   go   go   in   go   in
mfa_authenticate                     POST in   go   go   go   go   go   go   go   go   go   go   in   go   in
mfa_reauthenticate                   GET  in   go   go   go   go   go   go   go   go   go   go   in   go   in
mfa_reauthenticate                   POST in   go   go   go   go   go   go   go   go   go   go   in   go   in
mfa_activate_totp                    GET  in   go   go   go   go   go   go   go   go   go   go   in   go   in
mfa_activate_totp                    POST in   go   go   go   go   go   go   go   go   go   go   in   go   in
mfa_deactivate_totp                  GET  in   404  404  404  404  404  404  404  404  404  404  in   404  in
mfa_deactivate_totp                  POST in   404  404  404  404  404  404  404  404  404  404  in   404  in
mfa_view_recovery_codes              GET  in   404  404  404  404  404  404  404  404  404  404  in   404  in
mfa_view_recovery_codes              POST in   405  405  405  405  405  405  405  405  405  405  in   405  in
mfa_generate_recovery_codes          GET  in   go   go   go   go   go   go   go   go   go   go   in   go   in
mfa_generate_recovery_codes          POST in   go   go   go   go   go   go   go   go   go   go   in   go   in
mfa_download_recovery_codes          GET  in   404  404  404  404  404  404  404  404  404  404  in   404  in
mfa_download_recovery_codes          POST in   404  404  404  404  404  404  404  404  404  404  in   404  in
usersessions_list                    GET  in   200  200  200  200  200  200  200  200  200  200  in   200  in
usersessions_list                    POST in   go   go   go   go   go   go   go   go   go   go   in   go   in
admin:index                          GET  in   2f   in   in   in   in   in   200  200  in   200  in   in   in
admin:index                          POST 401  2f   in   in   in   in   in   200  200  in   200  401  in   401
admin:login                          GET  in   2f   403  403  403  403  403  go   go   403  go   in   403  in
admin:login                          POST 401  2f   403  403  403  403  403  200  200  403  200  401  403  401
admin:logout                         GET  go   2f   go   go   go   go   go   405  405  go   405  go   go   go
admin:logout                         POST 401  2f   go   go   go   go   go   in   in   go   in   401  go   401
admin:password_change                GET  in   2f   in   in   in   in   in   go   go   in   go   in   in   in
admin:password_change                POST 401  2f   in   in   in   in   in   go   go   in   go   401  in   401
admin:password_change_done           GET  in   2f   in   in   in   in   in   200  200  in   200  in   in   in
admin:password_change_done           POST 401  2f   in   in   in   in   in   405  405  in   405  401  in   401
admin:autocomplete                   GET  in   2f   in   in   in   in   in   403  403  in   403  in   in   in
admin:autocomplete                   POST 401  2f   in   in   in   in   in   405  405  in   405  401  in   401
admin:jsi18n                         GET  in   2f   in   in   in   in   in   200  200  in   200  in   in   in
admin:jsi18n                         POST 401  2f   in   in   in   in   in   405  405  in   405  401  in   401
admin:view_on_site                   GET  in   2f   in   in   in   in   in   404  404  in   404  in   in   in
admin:view_on_site                   POST 401  2f   in   in   in   in   in   404  404  in   404  401  in   401
admin:agreement-document             GET  in   2f   in   in   in   in   in   404  404  in   404  in   in   in
admin:agreement-document             POST 401  2f   in   in   in   in   in   404  404  in   404  401  in   401
admin:app_list                       GET  in   2f   in   in   in   in   in   200  200  in   200  in   in   in
admin:app_list                       POST 401  2f   in   in   in   in   in   200  200  in   200  401  in   401
worklist                             GET  in   2f   200  200  200  200  200  200  200  200  200  in   200  in
worklist                             POST 401  2f   405  405  405  405  405  405  405  405  405  401  405  401
encounter                            GET  in   2f   200  200  200  200  200  404  404  404  404  in   404  in
encounter                            POST 401  2f   405  405  405  405  405  405  405  405  405  401  405  401
encounter-status                     GET  in   2f   200  200  200  200  200  404  404  404  404  in   404  in
encounter-status                     POST 401  2f   405  405  405  405  405  405  405  405  405  401  405  401
encounter-retry                      GET  in   2f   405  405  405  405  405  405  405  405  405  in   405  in
encounter-retry                      POST 401  2f   go!  go!  go!  403  403  404  404  404  404  401  404  401
encounter-write                      GET  in   2f   405  405  405  405  405  405  405  405  405  in   405  in
encounter-write                      POST 401  2f   go!  go!  go!  403  403  404  404  404  404  401  404  401
transcript                           GET  in   2f   200  200  200  403  403  404  404  404  404  in   404  in
transcript                           POST 401  2f   go!  go!  go!  403  403  404  404  404  404  401  404  401
chart                                GET  in   2f   200  200  200  200  200  404  404  404  404  in   404  in
chart                                POST 401  2f   405  405  405  405  405  405  405  405  405  401  405  401
note                                 GET  in   2f   200  200  200  404  200  404  404  404  404  in   404  in
note                                 POST 401  2f   422  422  422  404  403  404  404  404  404  401  404  401
note-draft                           GET  in   2f   405  405  405  405  405  405  405  405  405  in   405  in
note-draft                           POST 401  2f   200  200  200  404  403  404  404  404  404  401  404  401
note-merge                           GET  in   2f   go   go   go   404  go   404  404  404  404  in   404  in
note-merge                           POST 401  2f   go   go   go   404  403  404  404  404  404  401  404  401
note-sign                            GET  in   2f   go   go   403  404  403  404  404  404  404  in   404  in
note-sign                            POST 401  2f   go   go   403  404  403  404  404  404  404  401  404  401
note-consent                         GET  in   2f   405  405  405  405  405  405  405  405  405  in   405  in
note-consent                         POST 401  2f   go   go   go   404  403  404  404  404  404  401  404  401
note-unsign                          GET  in   2f   405  405  405  405  405  405  405  405  405  in   405  in
note-unsign                          POST 401  2f   go!  go   go   404  go   404  404  404  404  401  404  401
note-file                            GET  in   2f   405  405  405  405  405  405  405  405  405  in   405  in
note-file                            POST 401  2f   go!  go   go   404  go   404  404  404  404  401  404  401
note-history                         GET  in   2f   200  200  200  404  200  404  404  404  404  in   404  in
note-history                         POST 401  2f   405  405  405  405  405  405  405  405  405  401  405  401
note-retract                         GET  in   2f   go   go   403  404  403  404  404  404  404  in   404  in
note-retract                         POST 401  2f   422  422  403  404  403  404  404  404  404  401  404  401
note-addendum                        GET  in   2f   go   go   403  404  403  404  404  404  404  in   404  in
note-addendum                        POST 401  2f   422  422  403  404  403  404  404  404  404  401  404  401
encounter-new                        GET  in   2f   200  200  200  403  403  403  403  200  403  in   403  in
encounter-new                        POST 401  2f   200  200  200  403  403  403  403  200  403  401  403  401
encounter-edit                       GET  in   2f   200  200  200  403  403  404  404  404  404  in   404  in
encounter-edit                       POST 401  2f   422  422  422  403  403  404  404  404  404  401  404  401
encounter-consent                    GET  in   2f   405  405  405  405  405  405  405  405  405  in   405  in
encounter-consent                    POST 401  2f   go   go   go   403  403  404  404  404  404  401  404  401
participant-add                      GET  in   2f   405  405  405  405  405  405  405  405  405  in   405  in
participant-add                      POST 401  2f   go   go   go   403  403  404  404  404  404  401  404  401
encounter-start                      GET  in   2f   405  405  405  405  405  405  405  405  405  in   405  in
encounter-start                      POST 401  2f   go!  go!  go!  403  403  404  404  404  404  401  404  401
encounter-end                        GET  in   2f   405  405  405  405  405  405  405  405  405  in   405  in
encounter-end                        POST 401  2f   go!  go!  go!  403  403  404  404  404  404  401  404  401
encounter-cancel                     GET  in   2f   405  405  405  405  405  405  405  405  405  in   405  in
encounter-cancel                     POST 401  2f   go!  go!  go!  403  403  404  404  404  404  401  404  401
vendor-recordings                    GET  in   2f   200  200  200  200  200  200  200  200  200  in   200  in
vendor-recordings                    POST 401  2f   405  405  405  405  405  405  405  405  405  401  405  401
vendor-recording-link                GET  in   2f   405  405  405  405  405  405  405  405  405  in   405  in
vendor-recording-link                POST 401  2f   go!  go!  go!  403  403  404  404  404  404  401  404  401
vendor-recording-discard             GET  in   2f   405  405  405  405  405  405  405  405  405  in   405  in
vendor-recording-discard             POST 401  2f   go!  go!  go!  403  403  404  404  404  404  401  404  401
vendor-recording-retry               GET  in   2f   405  405  405  405  405  405  405  405  405  in   405  in
vendor-recording-retry               POST 401  2f   go!  go!  go!  403  403  404  404  404  404  401  404  401
recording-discard                    GET  in   2f   405  405  405  405  405  405  405  405  405  in   405  in
recording-discard                    POST 401  2f   go   go   go   403  403  404  404  404  404  401  404  401
encounter-upload                     GET  in   2f   200  200  200  403  403  404  404  404  404  in   404  in
encounter-upload                     POST 401  2f   422  422  422  403  403  404  404  404  404  401  404  401
upload-begin                         GET  in   2f   405  405  405  405  405  405  405  405  405  in   405  in
upload-begin                         POST 401  2f   201  201  201  403  403  404  404  404  404  401  404  401
upload-slice                         GET  in   2f   200  200  200  403  403  404  404  404  404  in   404  in
upload-slice                         POST 401  2f   405  405  405  405  405  405  405  405  405  401  405  401
upload-slice                         PUT  401  2f   409  409  409  403  403  404  404  404  404  401  404  401
upload-finish                        GET  in   2f   405  405  405  405  405  405  405  405  405  in   405  in
upload-finish                        POST 401  2f   409  409  409  403  403  404  404  404  404  401  404  401
encounter-capture                    GET  in   2f   200  200  200  403  403  404  404  404  404  in   404  in
encounter-capture                    POST 401  2f   201  201  201  403  403  404  404  404  404  401  404  401
capture-session                      GET  in   2f   200  404  404  404  404  404  404  404  404  in   404  in
capture-session                      POST 401  2f   405  405  405  405  405  405  405  405  405  401  405  401
capture-slice                        GET  in   2f   405  405  405  405  405  405  405  405  405  in   405  in
capture-slice                        POST 401  2f   405  405  405  405  405  405  405  405  405  401  405  401
capture-slice                        PUT  401  2f   422  404  404  404  404  404  404  404  404  401  404  401
capture-end                          GET  in   2f   405  405  405  405  405  405  405  405  405  in   405  in
capture-end                          POST 401  2f   409  404  404  404  404  404  404  404  404  401  404  401
capture-discard                      GET  in   2f   405  405  405  405  405  405  405  405  405  in   405  in
capture-discard                      POST 401  2f   200! 404  404  404  404  404  404  404  404  401  404  401
"""

MACHINES = """
#                                         anon half prov coll asst comp clin adm  supr out  outa inac form key  note word othr revk expd
healthz                              GET  200  200  200  200  200  200  200  200  200  200  200  200  200  200  200  200  200  200  200
healthz                              POST 405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405
readyz                               GET  200  200  200  200  200  200  200  200  200  200  200  200  200  200  200  200  200  200  200
readyz                               POST 405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405
engine-webhook                       GET  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405
engine-webhook                       POST 401! 401! 401! 401! 401! 401! 401! 401! 401! 401! 401! 401! 401! 401! 401! 401! 401! 401! 401!
recording-hook                       GET  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405
recording-hook                       POST 401! 401! 401! 401! 401! 401! 401! 401! 401! 401! 401! 401! 401! 401! 401! 401! 401! 401! 401!
oauth-token                          GET  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405
oauth-token                          POST 400  400  400  400  400  400  400  400  400  400  400  400  400  400  400  400  400  400  400
oauth-revoke                         GET  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405
oauth-revoke                         POST 401  401  401  401  401  401  401  401  401  401  401  401  401  401  401  401  401  401  401
api-notes                            GET  401  401  401  401  401  401  401  401  401  401  401  401  401  200  200  403  200  401  401
api-notes                            POST 401  401  401  401  401  401  401  401  401  401  401  401  401  405  405  403  405  401  401
api-note                             GET  401  401  401  401  401  401  401  401  401  401  401  401  401  200  200  403  404  401  401
api-note                             POST 401  401  401  401  401  401  401  401  401  401  401  401  401  405  405  403  405  401  401
recording-push                       GET  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405
recording-push                       POST 405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405
recording-push                       PUT  404  404  404  404  404  404  404  404  404  404  404  404  404  404  404  404  404  404  404
api-patients                         GET  401  401  401  401  401  401  401  401  401  401  401  401  401  405  403  403  405  401  401
api-patients                         POST 401  401  401  401  401  401  401  401  401  401  401  401  401  201  403  403  201  401  401
api-encounters                       GET  401  401  401  401  401  401  401  401  401  401  401  401  401  405  403  403  405  401  401
api-encounters                       POST 401  401  401  401  401  401  401  401  401  401  401  401  401  201  403  403  409  401  401
api-encounter                        GET  401  401  401  401  401  401  401  401  401  401  401  401  401  200  403  403  404  401  401
api-encounter                        POST 401  401  401  401  401  401  401  401  401  401  401  401  401  405  403  403  405  401  401
api-calls                            GET  401  401  401  401  401  401  401  401  401  401  401  401  401  405  403  403  405  401  401
api-calls                            POST 401  401  401  401  401  401  401  401  401  401  401  401  401  201  403  403  404  401  401
api-capture-tokens                   GET  401  401  401  401  401  401  401  401  401  401  401  401  401  405  403  403  405  401  401
api-capture-tokens                   POST 401  401  401  401  401  401  401  401  401  401  401  401  401  201  403  403  404  401  401
api-capture                          GET  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405
api-capture                          POST 401  401  401  401  401  401  401  401  401  401  401  401  401  401  401  401  401  401  401
api-capture-session                  GET  401  401  401  401  401  401  401  401  401  401  401  401  401  401  401  401  401  401  401
api-capture-session                  POST 405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405
api-capture-slice                    GET  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405
api-capture-slice                    POST 405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405
api-capture-slice                    PUT  401  401  401  401  401  401  401  401  401  401  401  401  401  401  401  401  401  401  401
api-capture-end                      GET  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405
api-capture-end                      POST 401  401  401  401  401  401  401  401  401  401  401  401  401  401  401  401  401  401  401
api-capture-discard                  GET  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405
api-capture-discard                  POST 401  401  401  401  401  401  401  401  401  401  401  401  401  401  401  401  401  401  401
api-transcript                       GET  401  401  401  401  401  401  401  401  401  401  401  401  401  200  403  200  404  401  401
api-transcript                       POST 401  401  401  401  401  401  401  401  401  401  401  401  401  405  403  405  405  401  401
api-latest-document                  GET  401  401  401  401  401  401  401  401  401  401  401  401  401  200  200  403  404  401  401
api-latest-document                  POST 401  401  401  401  401  401  401  401  401  401  401  401  401  405  405  403  405  401  401
api-versions                         GET  401  401  401  401  401  401  401  401  401  401  401  401  401  200  200  403  404  401  401
api-versions                         POST 401  401  401  401  401  401  401  401  401  401  401  401  401  405  405  403  405  401  401
api-version                          GET  401  401  401  401  401  401  401  401  401  401  401  401  401  200  200  403  404  401  401
api-version                          POST 401  401  401  401  401  401  401  401  401  401  401  401  401  405  405  403  405  401  401
api-document                         GET  401  401  401  401  401  401  401  401  401  401  401  401  401  200  200  403  404  401  401
api-document                         POST 401  401  401  401  401  401  401  401  401  401  401  401  401  405  405  403  405  401  401
api-receipt                          GET  401  401  401  401  401  401  401  401  401  401  401  401  401  404  403  403  404  401  401
api-receipt                          POST 401  401  401  401  401  401  401  401  401  401  401  401  401  405  403  403  405  401  401
api-receipt                          PUT  401  401  401  401  401  401  401  401  401  401  401  401  401  201  403  403  404  401  401
api-receipts                         GET  401  401  401  401  401  401  401  401  401  401  401  401  401  200  403  403  200  401  401
api-receipts                         POST 401  401  401  401  401  401  401  401  401  401  401  401  401  405  403  403  405  401  401
api-events                           GET  401  401  401  401  401  401  401  401  401  401  401  401  401  200  403  403  200  401  401
api-events                           POST 401  401  401  401  401  401  401  401  401  401  401  401  401  405  403  403  405  401  401
api-redeliver                        GET  401  401  401  401  401  401  401  401  401  401  401  401  401  405  403  403  405  401  401
api-redeliver                        POST 401  401  401  401  401  401  401  401  401  401  401  401  401  202  403  403  404  401  401
api-webhooks                         GET  401  401  401  401  401  401  401  401  401  401  401  401  401  200  403  403  200  401  401
api-webhooks                         POST 401  401  401  401  401  401  401  401  401  401  401  401  401  201  403  403  201  401  401
api-webhook                          GET  401  401  401  401  401  401  401  401  401  401  401  401  401  200  403  403  404  401  401
api-webhook                          POST 401  401  401  401  401  401  401  401  401  401  401  401  401  405  403  403  405  401  401
api-webhook                          PATCH 401  401  401  401  401  401  401  401  401  401  401  401  401  200! 403  403  404  401  401
api-webhook                          DELETE 401  401  401  401  401  401  401  401  401  401  401  401  401  204! 403  403  404  401  401
api-webhook-rotate                   GET  401  401  401  401  401  401  401  401  401  401  401  401  401  405  403  403  405  401  401
api-webhook-rotate                   POST 401  401  401  401  401  401  401  401  401  401  401  401  401  200! 403  403  404  401  401
api-webhook-deliveries               GET  401  401  401  401  401  401  401  401  401  401  401  401  401  200  403  403  404  401  401
api-webhook-deliveries               POST 401  401  401  401  401  401  401  401  401  401  401  401  401  405  403  403  405  401  401
api-me                               GET  401  401  401  401  401  401  401  401  401  401  401  401  401  200  200  200  200  401  401
api-me                               POST 401  401  401  401  401  401  401  401  401  401  401  401  401  405  405  405  405  401  401
api-health                           GET  200  200  200  200  200  200  200  200  200  200  200  200  200  200  200  200  200  200  200
api-health                           POST 405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405
api-schema                           GET  200  200  200  200  200  200  200  200  200  200  200  200  200  200  200  200  200  200  200
api-schema                           POST 405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405
api-docs                             GET  200  200  200  200  200  200  200  200  200  200  200  200  200  200  200  200  200  200  200
api-docs                             POST 405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405
api-not-found                        GET  404  404  404  404  404  404  404  404  404  404  404  404  404  404  404  404  404  404  404
api-not-found                        POST 404  404  404  404  404  404  404  404  404  404  404  404  404  404  404  404  404  404  404
fhir-documents                       GET  401  401  401  401  401  401  401  401  401  401  401  401  401  200  403  403  200  401  401
fhir-documents                       POST 401  401  401  401  401  401  401  401  401  401  401  401  401  405  403  403  405  401  401
fhir-people                          GET  401  401  401  401  401  401  401  401  401  401  401  401  401  200  403  403  200  401  401
fhir-people                          POST 401  401  401  401  401  401  401  401  401  401  401  401  401  405  403  403  405  401  401
fhir-provenances                     GET  401  401  401  401  401  401  401  401  401  401  401  401  401  200  403  403  200  401  401
fhir-provenances                     POST 401  401  401  401  401  401  401  401  401  401  401  401  401  405  403  403  405  401  401
fhir-documents-search                GET  401  401  401  401  401  401  401  401  401  401  401  401  401  405  403  403  405  401  401
fhir-documents-search                POST 401  401  401  401  401  401  401  401  401  401  401  401  401  200  403  403  200  401  401
fhir-people-search                   GET  401  401  401  401  401  401  401  401  401  401  401  401  401  405  403  403  405  401  401
fhir-people-search                   POST 401  401  401  401  401  401  401  401  401  401  401  401  401  200  403  403  200  401  401
fhir-provenances-search              GET  401  401  401  401  401  401  401  401  401  401  401  401  401  405  403  403  405  401  401
fhir-provenances-search              POST 401  401  401  401  401  401  401  401  401  401  401  401  401  200  403  403  200  401  401
fhir-document                        GET  401  401  401  401  401  401  401  401  401  401  401  401  401  200  403  403  404  401  401
fhir-document                        POST 401  401  401  401  401  401  401  401  401  401  401  401  401  405  403  403  405  401  401
fhir-history                         GET  401  401  401  401  401  401  401  401  401  401  401  401  401  200  403  403  404  401  401
fhir-history                         POST 401  401  401  401  401  401  401  401  401  401  401  401  401  405  403  403  405  401  401
fhir-version                         GET  401  401  401  401  401  401  401  401  401  401  401  401  401  200  403  403  404  401  401
fhir-version                         POST 401  401  401  401  401  401  401  401  401  401  401  401  401  405  403  403  405  401  401
fhir-bundle                          GET  401  401  401  401  401  401  401  401  401  401  401  401  401  200  403  403  404  401  401
fhir-bundle                          POST 401  401  401  401  401  401  401  401  401  401  401  401  401  405  403  403  405  401  401
fhir-binary                          GET  401  401  401  401  401  401  401  401  401  401  401  401  401  200  403  403  404  401  401
fhir-binary                          POST 401  401  401  401  401  401  401  401  401  401  401  401  401  405  403  403  405  401  401
fhir-provenance                      GET  401  401  401  401  401  401  401  401  401  401  401  401  401  200  403  403  404  401  401
fhir-provenance                      POST 401  401  401  401  401  401  401  401  401  401  401  401  401  405  403  403  405  401  401
fhir-person                          GET  401  401  401  401  401  401  401  401  401  401  401  401  401  200  403  403  404  401  401
fhir-person                          POST 401  401  401  401  401  401  401  401  401  401  401  401  401  405  403  403  405  401  401
fhir-metadata                        GET  200  200  200  200  200  200  200  200  200  200  200  200  200  200  200  200  200  200  200
fhir-metadata                        POST 405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405
fhir-smart                           GET  200  200  200  200  200  200  200  200  200  200  200  200  200  200  200  200  200  200  200
fhir-smart                           POST 405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405  405
fhir-export                          GET  401  401  401  401  401  401  401  401  401  401  401  401  401  202  403  403  202  401  401
fhir-export                          POST 401  401  401  401  401  401  401  401  401  401  401  401  401  202  403  403  202  401  401
fhir-export-patients                 GET  401  401  401  401  401  401  401  401  401  401  401  401  401  202  403  403  202  401  401
fhir-export-patients                 POST 401  401  401  401  401  401  401  401  401  401  401  401  401  202  403  403  202  401  401
fhir-export-group                    GET  401  401  401  401  401  401  401  401  401  401  401  401  401  202  403  403  404  401  401
fhir-export-group                    POST 401  401  401  401  401  401  401  401  401  401  401  401  401  202  403  403  404  401  401
fhir-export-status                   GET  401  401  401  401  401  401  401  401  401  401  401  401  401  200  403  403  404  401  401
fhir-export-status                   POST 401  401  401  401  401  401  401  401  401  401  401  401  401  405  403  403  405  401  401
fhir-export-file                     GET  401  401  401  401  401  401  401  401  401  401  401  401  401  200  403  403  404  401  401
fhir-export-file                     POST 401  401  401  401  401  401  401  401  401  401  401  401  401  405  403  403  405  401  401
fhir-not-found                       GET  404  404  404  404  404  404  404  404  404  404  404  404  404  404  404  404  404  404  404
fhir-not-found                       POST 404  404  404  404  404  404  404  404  404  404  404  404  404  404  404  404  404  404  404
"""

ADMINISTRATION = """
consent.auditevent                admin     200 200 403 403 200 403 403 403 200
consent.auditevent                superuser 200 200 403 403 200 403 403 403 200
consent.auditevent                out_admin 200 200 403 403 404 403 403 403 404
consent.audithead                 admin     200 200 403 403 200 403 403 403 200
consent.audithead                 superuser 200 200 403 403 200 403 403 403 200
consent.audithead                 out_admin 200 200 403 403 404 403 403 403 404
consent.businessassociateagreement admin     200 200 200 200 200 go 403 403 200
consent.businessassociateagreement superuser 200 200 200 200 200 go 403 403 200
consent.businessassociateagreement out_admin 200 200 200 200 404 404 403 403 404
consent.consentpolicy             admin     200 200 403 403 200 403 403 403 200
consent.consentpolicy             superuser 200 200 200 200 200 200 403 403 200
consent.consentpolicy             out_admin 200 200 403 403 200 403 403 403 200
consent.consentrecord             admin     200 200 403 403 200 403 403 403 200
consent.consentrecord             superuser 200 200 403 403 200 403 403 403 200
consent.consentrecord             out_admin 200 200 403 403 404 403 403 403 404
encounters.audiocopy              admin     200 200 403 403 200 403 403 403 200
encounters.audiocopy              superuser 200 200 403 403 200 403 403 403 200
encounters.audiocopy              out_admin 200 200 403 403 404 403 403 403 404
encounters.call                   admin     200 200 403 403 200 403 403 403 200
encounters.call                   superuser 200 200 403 403 200 403 403 403 200
encounters.call                   out_admin 200 200 403 403 404 403 403 403 404
encounters.capturegrant           admin     200 200 403 403 200 403 403 403 200
encounters.capturegrant           superuser 200 200 403 403 200 403 403 403 200
encounters.capturegrant           out_admin 200 200 403 403 404 403 403 403 404
encounters.encounter              admin     200 200 403 403 200 403 403 403 200
encounters.encounter              superuser 200 200 403 403 200 403 403 403 200
encounters.encounter              out_admin 200 200 403 403 404 403 403 403 404
encounters.membership             admin     200 200 200 200 200 go 403 403 200
encounters.membership             superuser 200 200 200 200 200 go 403 403 200
encounters.membership             out_admin 200 200 200 200 404 404 403 403 404
encounters.participant            admin     200 200 403 403 200 403 403 403 200
encounters.participant            superuser 200 200 403 403 200 403 403 403 200
encounters.participant            out_admin 200 200 403 403 404 403 403 403 404
encounters.patient                admin     200 200 403 403 200 403 403 403 200
encounters.patient                superuser 200 200 403 403 200 403 403 403 200
encounters.patient                out_admin 200 200 403 403 404 403 403 403 404
encounters.practice               admin     200 200 403 403 200 200 403 403 200
encounters.practice               superuser 200 200 200 200 200 200 403 403 200
encounters.practice               out_admin 200 200 403 403 404 404 403 403 404
encounters.recording              admin     200 200 403 403 200 403 403 403 200
encounters.recording              superuser 200 200 403 403 200 403 403 403 200
encounters.recording              out_admin 200 200 403 403 404 403 403 403 404
encounters.recordingpart          admin     200 200 403 403 200 403 403 403 200
encounters.recordingpart          superuser 200 200 403 403 200 403 403 403 200
encounters.recordingpart          out_admin 200 200 403 403 404 403 403 403 404
encounters.recordingslice         admin     200 200 403 403 200 403 403 403 200
encounters.recordingslice         superuser 200 200 403 403 200 403 403 403 200
encounters.recordingslice         out_admin 200 200 403 403 404 403 403 403 404
encounters.user                   admin     200 200 200 200 200 200 403 403 200
encounters.user                   superuser 200 200 200 200 200 200 403 403 200
encounters.user                   out_admin 200 200 200 200 404 404 403 403 404
encounters.vendorevent            admin     200 200 403 403 200 403 403 403 200
encounters.vendorevent            superuser 200 200 403 403 200 403 403 403 200
encounters.vendorevent            out_admin 200 200 403 403 404 403 403 403 404
encounters.vendorrecording        admin     200 200 403 403 200 403 403 403 200
encounters.vendorrecording        superuser 200 200 403 403 200 403 403 403 200
encounters.vendorrecording        out_admin 200 200 403 403 404 403 403 403 404
encounters.videoconnection        admin     200 200 200 200 200 200 403 403 200
encounters.videoconnection        superuser 200 200 200 200 200 200 403 403 200
encounters.videoconnection        out_admin 200 200 200 200 404 404 403 403 404
notes.accesstoken                 admin     200 200 403 403 200 403 403 403 200
notes.accesstoken                 superuser 200 200 403 403 200 403 403 403 200
notes.accesstoken                 out_admin 200 200 403 403 404 403 403 403 404
notes.usedassertion               admin     200 200 403 403 200 403 403 403 200
notes.usedassertion               superuser 200 200 403 403 200 403 403 403 200
notes.usedassertion               out_admin 200 200 403 403 404 403 403 403 404
notes.delivery                    admin     200 200 403 403 200 403 403 403 200
notes.delivery                    superuser 200 200 403 403 200 403 403 403 200
notes.delivery                    out_admin 200 200 403 403 404 403 403 403 404
notes.receipt                     admin     200 200 403 403 200 403 403 403 200
notes.receipt                     superuser 200 200 403 403 200 403 403 403 200
notes.receipt                     out_admin 200 200 403 403 404 403 403 403 404
notes.webhookendpoint             admin     200 200 403 403 200 403 403 403 200
notes.webhookendpoint             superuser 200 200 403 403 200 403 403 403 200
notes.webhookendpoint             out_admin 200 200 403 403 404 403 403 403 404
notes.addendum                    admin     200 200 403 403 200 403 403 403 200
notes.addendum                    superuser 200 200 403 403 200 403 403 403 200
notes.addendum                    out_admin 200 200 403 403 404 403 403 403 404
notes.changecounter               admin     200 200 403 403 200 403 403 403 200
notes.changecounter               superuser 200 200 403 403 200 403 403 403 200
notes.changecounter               out_admin 200 200 403 403 404 403 403 403 404
notes.engineaccount               admin     200 200 200 200 200 200 403 403 200
notes.engineaccount               superuser 200 200 200 200 200 200 403 403 200
notes.engineaccount               out_admin 200 200 200 200 404 404 403 403 404
notes.engineevent                 admin     200 200 403 403 200 403 403 403 200
notes.engineevent                 superuser 200 200 403 403 200 403 403 403 200
notes.engineevent                 out_admin 200 200 403 403 404 403 403 403 404
notes.export admin     200 200 403 403 200 403 403 403 200
notes.export superuser 200 200 403 403 200 403 403 403 200
notes.export out_admin 200 200 403 403 404 403 403 403 404
notes.fhirdocument admin     200 200 403 403 200 403 403 403 200
notes.fhirdocument superuser 200 200 403 403 200 403 403 403 200
notes.fhirdocument out_admin 200 200 403 403 404 403 403 403 404
notes.fileddocument               admin     200 200 403 403 200 403 403 403 200
notes.fileddocument               superuser 200 200 403 403 200 403 403 403 200
notes.fileddocument               out_admin 200 200 403 403 404 403 403 403 404
notes.idempotentrequest           admin     200 200 403 403 200 403 403 403 200
notes.idempotentrequest           superuser 200 200 403 403 200 403 403 403 200
notes.idempotentrequest           out_admin 200 200 403 403 404 403 403 403 404
notes.integration                 admin     200 200 200 200 200 200 403 403 200
notes.integration                 superuser 200 200 200 200 200 200 403 403 200
notes.integration                 out_admin 200 200 200 200 404 404 403 403 404
notes.note                        admin     200 200 403 403 200 403 403 403 200
notes.note                        superuser 200 200 403 403 200 403 403 403 200
notes.note                        out_admin 200 200 403 403 404 403 403 403 404
notes.rendering admin     200 200 403 403 200 403 403 403 200
notes.rendering superuser 200 200 403 403 200 403 403 403 200
notes.rendering out_admin 200 200 403 403 404 403 403 403 404
notes.revision                    admin     200 200 403 403 200 403 403 403 200
notes.revision                    superuser 200 200 403 403 200 403 403 403 200
notes.revision                    out_admin 200 200 403 403 404 403 403 403 404
notes.signature                   admin     200 200 403 403 200 403 403 403 200
notes.signature                   superuser 200 200 403 403 200 403 403 403 200
notes.signature                   out_admin 200 200 403 403 404 403 403 403 404
notes.submission                  admin     200 200 403 403 200 403 403 403 200
notes.submission                  superuser 200 200 403 403 200 403 403 403 200
notes.submission                  out_admin 200 200 403 403 404 403 403 403 404
"""


def columns(name: str) -> tuple[str, ...]:
    return CALLERS if name in FOR_MACHINES else (*PEOPLE, "key")


def methods(name: str) -> tuple[str, ...]:
    further = ("PUT",) * (name in PUT_TOO) + ("PATCH", "DELETE") * (name in PATCH_AND_DELETE_TOO)
    return ("GET", "POST", *further)


@cache
def pages() -> dict[tuple[str, str], dict[str, str]]:
    """(name of the address, method) → caller → code."""
    found = {}
    for line in (PAGES + MACHINES).strip().splitlines():
        if not line or line.startswith("#"):
            continue
        name, method, *codes = line.split()
        assert (name, method) not in found, f"{name} {method} stands in the table twice"
        found[name, method] = dict(zip(columns(name), codes, strict=True))
    return found


@cache
def administration() -> dict[str, dict[str, list[str]]]:
    """Model → caller → one code for each of ADMIN_COLUMNS."""
    found: dict[str, dict[str, list[str]]] = {}
    for line in ADMINISTRATION.strip().splitlines():
        model, caller, *codes = line.split()
        found.setdefault(model, {})[caller] = codes
    return found


def admin_addresses() -> set[str]:
    actions = {page for page, _ in ADMIN_COLUMNS}
    named = {f"admin:{model.replace('.', '_')}_{action}" for model in administration() for action in actions}
    return (
        named
        | {f"admin/{model.replace('.', '/')}/<path:object_id>/" for model in administration()}
        | CATCH_ALL
    )
