"""What the standard library raises while it reads an archive that is damaged, cut short or made to harm."""

__all__ = ["archive_damages"]


def archive_damages(*further: type[Exception]) -> tuple[type[Exception], ...]:
    """For an `except`, which asks only when something was raised: until then none of these is imported.

    OSError is not among them, since a full disk raises it as well; `further` adds it where nothing is
    written."""
    import csv
    import gzip
    import lzma
    import struct
    import tarfile
    import zipfile
    import zlib

    of_archives = (tarfile.TarError, zipfile.BadZipFile)
    of_content = (gzip.BadGzipFile, lzma.LZMAError, zlib.error, struct.error, csv.Error)
    # numbers that are none, names in no encoding, compression that nobody knows, members that are not there
    return (
        *of_archives,
        *of_content,
        EOFError,
        ValueError,
        LookupError,
        NotImplementedError,
        RuntimeError,
        *further,
    )
