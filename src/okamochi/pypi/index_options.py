"""Where packages come from, as a value: the same for pip's settings, uv's and requirement files."""

import msgspec

__all__ = ["NOTHING_SAID", "IndexOptions"]


class IndexOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Package indexes in pip's words; empty means "not said here".

    `find_links` are URLs, absolute paths, or (from requirement files) paths relative to the project's root.
    URLs may carry credentials: this value is never written into a lock, an image or a message.
    """

    index_url: str = ""
    extra_index_urls: tuple[str, ...] = ()
    find_links: tuple[str, ...] = ()
    trusted_hosts: tuple[str, ...] = ()
    no_index: bool = False
    prereleases: bool = False

    def overruled_by(self, other: "IndexOptions") -> "IndexOptions":
        """As pip joins the command line with a requirement file: the later index replaces, lists add up."""
        return IndexOptions(
            index_url=other.index_url or self.index_url,
            extra_index_urls=_joined(self.extra_index_urls, other.extra_index_urls),
            find_links=_joined(self.find_links, other.find_links),
            trusted_hosts=_joined(self.trusted_hosts, other.trusted_hosts),
            no_index=self.no_index or other.no_index,
            prereleases=self.prereleases or other.prereleases,
        )


def _joined(first: tuple[str, ...], second: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*first, *second)))


NOTHING_SAID = IndexOptions()
