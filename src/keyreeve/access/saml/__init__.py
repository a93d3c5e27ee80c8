"""SAML 2.0 responses: what is in one is believed only where a registered provider's signature covers it.

Sources: OASIS, "Assertions and Protocols for SAML 2.0" (Core) and "Profiles for SAML 2.0", section 4.1; W3C, "XML
Signature Syntax and Processing"; IAM User Guide, "Configure SAML assertions for the authentication response".
"""

from keyreeve.access.saml.assertion import Assertion
from keyreeve.access.saml.responses import Trust, verify

__all__ = ["Assertion", "Trust", "verify"]
