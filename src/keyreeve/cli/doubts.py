"""Doubts: settings that are taken as they are, and that are hardly meant or not without danger."""

from __future__ import annotations

from collections.abc import Iterator

from keyreeve.config import Config, is_loopback


def doubts(config: Config) -> Iterator[str]:
    """A sentence for each."""
    for name, folder in config.trail_buckets:
        if not folder.is_absolute():
            yield f"trail_buckets: {name}={folder} depends on where the server is started: now {folder.absolute()}"
    if config.metrics is not None and not is_loopback(config.metrics[0]):
        yield "metrics: others can reach this address, and nobody is asked who they are; let only the scraper reach it"
