"""SECURE_SSL_REDIRECT that is on, by itself or until a variable says otherwise: no page is seen without
HTTPS in front. https://docs.djangoproject.com/en/stable/ref/settings/#secure-ssl-redirect"""

import ast

from okamochi.detect.frameworks.django import VARIABLE, given_to
from okamochi.detect.source.syntax import walk
from okamochi.detect.understanding import Understood
from okamochi.model.evidence import Decision, Evidence

REDIRECT = "SECURE_SSL_REDIRECT"


def warn(found: Understood) -> tuple[Decision, ...]:
    """None for an app that has a proxy in front."""
    if found.chosen.settings.domain:
        return ()
    path, values = given_to(REDIRECT, found.sources, found.django)
    if not values or any(isinstance(one, ast.UnaryOp) for one in walk(values[-1])):
        return ()
    constants = [one.value for one in walk(values[-1]) if isinstance(one, ast.Constant)]
    variable = next((one for one in constants if isinstance(one, str) and VARIABLE.fullmatch(one)), "")
    word = _word_against(values[-1])
    on = word or any(one is True for one in constants)
    if not on or (constants != [True] and not variable):
        return ()
    off = f"{variable}={word or 'False'}" if variable else f"{REDIRECT} = False"
    return (
        Decision.detected(
            "application.framework",
            "Warning: every page is redirected to https: okamochi up --domain puts a proxy in "
            f"front that speaks it; to see the pages without one, {off}",
            (Evidence(path=path, line=values[-1].lineno, reason=f"sets {REDIRECT}"),),
        ),
    )


def _word_against(value: ast.expr) -> str:
    """ "False" of `os.environ.get("SSL") != "False"`, which is true until it is told; "" for another."""
    match value:
        case ast.Compare(ops=[ast.NotEq()], comparators=[ast.Constant(value=str(word))]):
            return word
        case _:
            return ""
