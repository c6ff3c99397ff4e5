"""What FHIR searches and exports find."""
