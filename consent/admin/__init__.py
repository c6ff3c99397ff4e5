from consent.admin.permission import AgreementAdmin, ConsentPolicyAdmin, ConsentRecordAdmin
from consent.admin.trail import AuditEventAdmin, AuditHeadAdmin

__all__ = ["AgreementAdmin", "AuditEventAdmin", "AuditHeadAdmin", "ConsentPolicyAdmin", "ConsentRecordAdmin"]
