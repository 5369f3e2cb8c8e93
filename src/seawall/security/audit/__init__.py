"""The audit: what was called, by whom and with what end, in a file in which nothing can be changed unnoticed."""

from seawall.security.audit.policy import AuditPolicy
from seawall.security.audit.verify import AuditVerdict, verify
from seawall.security.audit.writer import AuditEntry, AuditLog

__all__ = ["AuditEntry", "AuditLog", "AuditPolicy", "AuditVerdict", "verify"]
