"""The bytes of a recording: how they are stored, recognised and measured. Knows no models."""
