from encounters.models.encounter import Encounter, Participant
from encounters.models.people import Membership, Patient, Practice, Role, User
from encounters.models.recording import AudioCopy, Recording, RecordingPart, RecordingSlice

__all__ = [
    "AudioCopy",
    "Encounter",
    "Membership",
    "Participant",
    "Patient",
    "Practice",
    "Recording",
    "RecordingPart",
    "RecordingSlice",
    "Role",
    "User",
]
