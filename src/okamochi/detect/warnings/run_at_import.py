"""`app.run()` that no `if __name__ == "__main__"` guards."""

from okamochi.detect.frameworks.run_at_import import unguarded_calls
from okamochi.detect.understanding import Understood
from okamochi.model.evidence import Decision


def warn(found: Understood) -> tuple[Decision, ...]:
    places = unguarded_calls(found.objects, found.imported)
    if not places:
        return ()
    summary = (
        "Warning: app.run() is called by whoever imports the module, and is passed over here as `flask run` "
        'does: move it below if __name__ == "__main__"'
    )
    return (Decision.detected("application.object_reference", summary, places),)
