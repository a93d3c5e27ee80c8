"""OpenID Connect: issuers and their keys, fetched under bounds; tokens, verified and signed.

It knows neither AWS nor the store: what a token is worth is for `sts` to say.
"""

from keyreeve.openid.https import Client, FetchError, Unreachable, Untrusted
from keyreeve.openid.issuers import Issuers
from keyreeve.openid.web_keys import WebKey

__all__ = ["Client", "FetchError", "Issuers", "Unreachable", "Untrusted", "WebKey"]
