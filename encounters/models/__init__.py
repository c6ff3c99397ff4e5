from encounters.models.capture import CaptureGrant
from encounters.models.encounter import Encounter, Participant
from encounters.models.people import Membership, Patient, Practice, Role, User
from encounters.models.recording import AudioCopy, Recording, RecordingPart, RecordingSlice
from encounters.models.video import Call, VendorEvent, VendorRecording, VideoConnection

__all__ = [
    "AudioCopy",
    "Call",
    "CaptureGrant",
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
    "VendorEvent",
    "VendorRecording",
    "VideoConnection",
]
