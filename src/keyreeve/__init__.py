"""Keyreeve: IAM and STS anyone can run, enforced on every request."""

__version__ = "0.1.0"
