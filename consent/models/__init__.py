from consent.models.audit import AuditEvent, AuditHead
from consent.models.baa import BusinessAssociateAgreement
from consent.models.policy import ConsentPolicy
from consent.models.record import ConsentRecord

__all__ = ["AuditEvent", "AuditHead", "BusinessAssociateAgreement", "ConsentPolicy", "ConsentRecord"]
