from encounters.admin.people import MembershipAdmin, PatientAdmin, PracticeRowAdmin, UserAdmin
from encounters.admin.visits import EncounterAdmin, RecordingAdmin

__all__ = [
    "EncounterAdmin", "MembershipAdmin", "PatientAdmin", "PracticeRowAdmin", "RecordingAdmin", "UserAdmin",
]  # fmt: skip
