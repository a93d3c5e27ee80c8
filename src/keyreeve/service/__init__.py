"""The service: one request from bytes to bytes."""

from keyreeve.service.answering import Service

__all__ = ["Service"]
