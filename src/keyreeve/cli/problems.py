"""Problems: errors that a person can do something about, as one line. Anything else is a bug, with its traceback."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import click

from keyreeve import logs
from keyreeve.config import ConfigError
from keyreeve.events import Broken
from keyreeve.faults import Fault
from keyreeve.http.control import NotRunning, Refused
from keyreeve.http.server import CannotServe
from keyreeve.seal import KeyRingUnusable
from keyreeve.service.accounts import UnfitKey
from keyreeve.store import StoreError

P = ParamSpec("P")
R = TypeVar("R")

SENTENCES = (Broken, CannotServe, KeyRingUnusable, NotRunning, StoreError, TimeoutError, UnfitKey)
"""Errors whose text is a sentence for the operator."""


def told(function: Callable[P, R]) -> Callable[P, R]:
    """Have a command tell its problems as click does; those of the configuration are wrong uses.

    What it works with may log what is wrong beside: that is told too, and does not stop it.
    """

    @wraps(function)
    def run(*arguments: P.args, **options: P.kwargs) -> R:
        try:
            with logs.told():
                return function(*arguments, **options)
        except ConfigError as error:
            raise click.UsageError(str(error)) from error
        except (Refused, Fault) as error:
            raise click.ClickException(error.message or type(error).__name__) from error
        except SENTENCES as error:
            raise click.ClickException(str(error)) from error
        except BrokenPipeError:
            raise
        except OSError as error:
            place = f"{error.filename}: " if error.filename else ""
            raise click.ClickException(f"{place}{error.strerror or error}.") from error

    return run
