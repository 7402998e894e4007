"""Names that authors give to folders which the app writes: UPLOAD_FOLDER, mediaRoot, LOG_DIR."""

from okamochi.system.patterns import regex

__all__ = ["FOLDER_KEYS"]

FOLDER_KEYS = regex(
    r"(?!(\w+_)?(STATIC|TEMPLATES?|ASSETS?)_?FILES?_)"
    r"(\w+_)?(UPLOADS?|MEDIA|DATA|STORAGE|CACHE|DOWNLOADS?|FILES?|UPLOADED_\w+|LOG)_?(FOLDER|DIR|DIRECTORY|ROOT|PATH|DEST)"
    r"|UPLOADS_DEFAULT_DEST|CACHE_DIR|SESSION_FILE_DIR|WHOOSHEE_DIR"
)
"""In capitals. STATIC_FILE_DIR holds what the app shows, and STATIC_UPLOAD_FOLDER what it writes."""
