"""AWS's protocols without a socket: service models, the Query protocol, and Signature Version 4."""
