"""CloudTrail (2013-11-01): one module per noun; importing this package registers the operations."""

from keyreeve.cloudtrail import digest_keys, lookup, selectors, status, tags, trails

__all__ = ["digest_keys", "lookup", "selectors", "status", "tags", "trails"]
