"""What an app hashes passwords with: passlib loads the module that does it with the first password, and one
that is newer than passlib knows may refuse it then. Whoever registers or logs in would get a 500."""

from __future__ import annotations

import gc
import sys
from typing import Any

from okamochi.run.proof.program.failures import failure
from okamochi.run.proof.program.shapes import Answer

MOST_CONTEXTS = 3


def broken_hash() -> Answer | None:
    """Each of the app's contexts hashes a word that is no password, which nobody keeps."""
    kind: Any = getattr(sys.modules.get("passlib.context"), "CryptContext", None)
    if kind is None:
        return None
    contexts = [one for one in gc.get_objects() if type(one) is kind]
    for one in contexts[:MOST_CONTEXTS]:
        try:
            one.hash("a bowl of noodles")
        except Exception as error:
            return {**failure(error), "type": "passlib.context.CryptContext"}
    return None
