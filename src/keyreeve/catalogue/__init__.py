"""The AWS managed policies: read-only, the same in every account, and shipped as data.

`managed_policies.json` names them all; their texts stand in `managed_policies.z`, zlib blocks of 16 that are opened
when a text is asked for. tools/managed_policies.py makes both. Of each policy only the default version is known.
Source: IAM User Guide, "AWS managed policies"; the texts are AWS's, by way of moto (see NOTICE).
"""

from keyreeve.catalogue.managed import AwsManagedPolicy, AwsPolicyVersion, Catalogue

__all__ = ["AwsManagedPolicy", "AwsPolicyVersion", "Catalogue"]
