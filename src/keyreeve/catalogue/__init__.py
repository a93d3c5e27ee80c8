"""The AWS managed policies: read-only, the same in every account, and shipped as data.

`managed_policies.json` names them all; their texts stand in `managed_policies.z`, zlib blocks of 16 that are opened
when a text is asked for. tools/managed_policies.py makes both. Of each policy only the default version is known.
`service_linked_roles.json` has the roles that services make for themselves; tools/service_linked_roles.py makes it.
`service_linked_roles.json` names the roles that services make for themselves; tools/service_linked_roles.py makes it.
Source: IAM User Guide, "AWS managed policies"; the texts are AWS's, by way of moto (see NOTICE).
"""

from keyreeve.catalogue.managed import AwsManagedPolicy, AwsPolicyVersion, Catalogue
from keyreeve.catalogue.service_linked import ServiceLinkedRole, service_linked_roles

__all__ = ["AwsManagedPolicy", "AwsPolicyVersion", "Catalogue", "ServiceLinkedRole", "service_linked_roles"]
