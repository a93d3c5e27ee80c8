"""CloudTrail (2013-11-01): one module per noun; importing this package registers the operations."""

from keyreeve.cloudtrail import lookup

__all__ = ["lookup"]
