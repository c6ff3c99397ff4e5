from encounters.admin.people import MembershipAdmin, PatientAdmin, PracticeRowAdmin, UserAdmin
from encounters.admin.video import CallAdmin, VendorEventAdmin, VendorRecordingAdmin, VideoConnectionAdmin
from encounters.admin.visits import EncounterAdmin, RecordingAdmin

__all__ = [
    "CallAdmin", "EncounterAdmin", "MembershipAdmin", "PatientAdmin", "PracticeRowAdmin", "RecordingAdmin", "UserAdmin",
    "VendorEventAdmin", "VendorRecordingAdmin", "VideoConnectionAdmin",
]  # fmt: skip
