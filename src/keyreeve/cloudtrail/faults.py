"""CloudTrail's own faults; their names and statuses are the model's."""

from __future__ import annotations

from keyreeve.faults import Fault


class CloudTrailARNInvalidException(Fault):
    """What is no ARN of a trail."""


class InvalidEventCategoryException(Fault):
    """A category of events that cannot be looked up."""


class InvalidEventSelectorsException(Fault):
    """Event selectors that contradict the rules, or each other."""


class InvalidHomeRegionException(Fault):
    """A change that is asked for in another region than the trail's own."""


class InvalidLookupAttributesException(Fault):
    """A lookup attribute that cannot be looked up, or more than one."""


class InvalidNextTokenException(Fault):
    """A token that is not ours, or was given for another question."""


class InvalidParameterCombinationException(Fault):
    """Parameters that exclude each other."""


class InvalidS3BucketNameException(Fault):
    """What cannot be the name of a bucket."""


class InvalidS3PrefixException(Fault):
    """A prefix that no object may have here."""


class InvalidTagParameterException(Fault):
    """Tags that are reserved, or named twice."""


class InvalidTimeRangeException(Fault):
    """A start after the end."""


class InvalidTokenException(Fault):
    """A token of a listing that gave none."""


class InvalidTrailNameException(Fault):
    """What cannot be the name of a trail."""


class MaximumNumberOfTrailsExceededException(Fault):
    """The account has as many trails in the region as it may."""


class ResourceNotFoundException(Fault):
    """Tags of what does not exist."""


class ResourceTypeNotSupportedException(Fault):
    """Tags of what has none here."""


class S3BucketDoesNotExistException(Fault):
    """A bucket that the configuration maps to no folder."""


class TagsLimitExceededException(Fault):
    """More than fifty tags."""


class ThrottlingException(Fault):
    """More changes than can wait for a delivery."""


class TrailAlreadyExistsException(Fault):
    """The name is taken."""


class TrailNotFoundException(Fault):
    """There is no such trail."""


class UnsupportedOperationException(Fault):
    """An operation, or a part of one, that the model has and Keyreeve does not."""
