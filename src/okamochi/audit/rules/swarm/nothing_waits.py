"""A stack starts all its services at once.

`docker stack deploy` takes `depends_on` and does nothing with it, without a word: no service waits for the
database to be healthy, in the first deployment and after each restart of a node.

Fix: an app that tries again until the database is there; take `depends_on` away, so that nobody relies on it.

Okamochi: web is not healthy while the schema is behind, and has 300 s for that.

See: https://github.com/moby/moby/issues/31333
"""

from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.stacks import stack_services

SEVERITY = Severity.NOTE


def look(setup: Setup) -> Finds:
    """Once for each file; the form with conditions is refused, which is another rule's."""
    told = set[str]()
    for document, container in stack_services(setup):
        key = container.node.key("depends_on")
        if key and container.node.get("depends_on").kind == "list" and document.path not in told:
            told.add(document.path)
            yield Found(
                path=document.path,
                line=key.line,
                message=f"a stack does not wait: depends_on of {container.name} does nothing",
                hint="an app that tries again until the database is there",
            )
