"""Commands that are known to end: no worker, though a Procfile may have a line for them."""

from okamochi.system.patterns import regex
from okamochi.system.words import word_set

__all__ = ["ends_by_itself"]

# https://docs.djangoproject.com/en/stable/ref/django-admin/
OF_DJANGO = word_set(
    "changepassword check clearsessions collectstatic compilemessages createcachetable createsuperuser "
    "dbshell diffsettings dumpdata findstatic flush inspectdb loaddata makemessages makemigrations migrate "
    "optimizemigration remove_stale_contenttypes sendtestemail shell showmigrations sqlflush sqlmigrate "
    "sqlsequencereset squashmigrations startapp startproject test"
)
# RQ's, of django-rq too, and django-tasks': what waits is done, then they end
UNTIL_EMPTY = frozenset(["--burst", "--batch"])
BURST = regex(r"-[a-z]*b[a-z]*")


def ends_by_itself(argv: tuple[str, ...]) -> bool:
    """Whether it certainly does; of a script of the project's own nothing is said."""
    program, words = argv[0].rpartition("/")[2], argv[1:]
    if not UNTIL_EMPTY.isdisjoint(words):
        return True
    match program:
        case "rq":
            return any(BURST.fullmatch(word) for word in words)
        case "alembic":
            return True
        case "flask":
            return "db" in words
        case "python" if words[0].rpartition("/")[2] == "manage.py":
            return len(words) == 1 or words[1] in OF_DJANGO or words[1] == "db"
        case _:
            return False
