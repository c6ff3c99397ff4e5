"""FHIR R4 under /fhir/r4: what is filed, for EHRs that speak FHIR. Stored resources go out as they were stored."""
