"""Celery's kombu goes with few versions of redis, and says so only by its extra of that name: without it a
pinned redis meets a kombu that refuses it, and where nothing asks for redis at all, it is not there."""

import re

from okamochi.model.correction import Correction, CorrectionKind
from okamochi.system.patterns import regex
from okamochi.workflows.mending.failed import Failed, Mended

OTHER_CLIENT = regex(
    r"^kombu\.exceptions\.VersionMismatch: Redis transport requires redis-py versions .* or later\. "
    r"You have (?P<had>[\d.]+)",
    re.MULTILINE,
)
# the transport's own module, which goes on without the client until it makes a class of it
NO_CLIENT = regex(
    r"/kombu/transport/redis\.py\", line \d+.*\n(?:.*\n){1,3}?"
    r"AttributeError: 'NoneType' object has no attribute 'Redis'"
)
WITH_CLIENT = "kombu[redis]"


def mend(failed: Failed) -> Mended:
    found = OTHER_CLIENT.search(failed.log)
    if NO_CLIENT.search(failed.log) is not None:
        reason = "kombu's transport for Redis misses its client, which its extra redis brings"
        return (Correction.of(CorrectionKind.REQUIREMENT, WITH_CLIENT, reason),)
    if found is None:
        return None
    kombu = failed.installed.get("kombu", "")
    reason = f"kombu {kombu} refuses redis {found['had']}, which its extra redis bounds"
    return (Correction.of(CorrectionKind.REQUIREMENT, WITH_CLIENT, reason),)
