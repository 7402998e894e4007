"""DEBUG = True, written so into the settings that production loads: pages of errors show the settings.
https://docs.djangoproject.com/en/stable/howto/deployment/checklist/#debug"""

from okamochi.detect.frameworks.django import given_to
from okamochi.detect.source.syntax import is_true
from okamochi.detect.understanding import Understood
from okamochi.model.evidence import Decision, Evidence


def warn(found: Understood) -> tuple[Decision, ...]:
    path, values = given_to("DEBUG", found.sources, found.django)
    if not values or not all(map(is_true, values)):
        return ()
    return (
        Decision.detected(
            "application.framework",
            "Warning: debug mode is on in production: set DEBUG = False, and ALLOWED_HOSTS",
            (Evidence(path=path, line=values[0].lineno, reason="sets DEBUG = True"),),
        ),
    )
