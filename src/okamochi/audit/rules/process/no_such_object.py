"""The command names an app that the project does not have.

`gunicorn app:app` imports the module `app` and takes its attribute `app`. Where the module is called
otherwise, or gives a factory (`create_app`), each worker dies while it boots: "Failed to find attribute
'app' in 'app'", or, for a factory without brackets, "create_app() takes 0 positional arguments but 2 were
given" with the first request (both read from gunicorn 27.0.1).

Fix: `module:name` as the code has it; a factory with brackets for gunicorn, `"package:create_app()"`, with
`--factory` for uvicorn. okamochi plan names what it found.

Okamochi: the object is found in the code, and imported in the built image before it is shipped.

See: https://docs.gunicorn.org/en/stable/run.html#gunicorn
"""

from okamochi.audit.objects import Lookup, looked_up
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.containerfiles.command_lines import ServedObject, served_by

SEVERITY = Severity.ERROR
LOADERS = frozenset(("gunicorn", "uvicorn", "hypercorn", "waitress-serve", "daphne", "granian"))
# uvicorn calls a function without arguments by itself, and warns
CALLS = frozenset(("uvicorn", "daphne", "granian"))


def look(setup: Setup) -> Finds:
    for container in setup.production:
        for served in served_by(container.command.line_text):
            if served.server in LOADERS:
                problem = what_is_wrong(served, setup)
                if problem:
                    yield Found(
                        path=container.command.path,
                        line=container.command.line,
                        message=problem,
                        hint=instead(setup),
                    )


def what_is_wrong(served: ServedObject, setup: Setup) -> str:
    module, _, named = served.reference.partition(":")
    name = named.partition("(")[0] or "application"
    called = named.endswith(")")
    found = looked_up(module, name, setup)
    match found.answer:
        case Lookup.NO_MODULE:
            return f"{served.reference}: the project has no module {module}; {served.server} ends at once"
        case Lookup.NO_NAME:
            return f"{served.reference}: {found.path} has no {name}; no worker can boot"
        case Lookup.FACTORY if not called and served.server not in CALLS:
            return f"{served.reference} is a function that makes the app: without brackets each request fails"
        case _:
            return ""


def instead(setup: Setup) -> str:
    plan = setup.plan
    if plan is None or not plan.application.object_reference:
        return 'module:name as the code has it; a factory as "module:create_app()"'
    return f'okamochi found "{plan.application.object_reference}"'
