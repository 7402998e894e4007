"""Indexes of files, answered from a text instead of an archive."""

import gzip
from typing import Any, cast

from okamochi.debian.contents import Contents, Files, contents_table

NOWHERE = cast(Any, None)


def contents_of(index: bytes) -> Contents:
    """Of one suite for amd64; packages for all architectures have nothing."""
    made = Contents(NOWHERE, (), "amd64")
    for files in Files:
        made._tables[files, "amd64"] = (contents_table(gzip.compress(index), files),)
        made._tables[files, "all"] = ()
    return made
