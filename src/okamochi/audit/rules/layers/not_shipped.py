"""EXPOSE, HEALTHCHECK, USER or CMD stand in a stage that is not shipped, and nowhere else.

Only the last stage, and those it is made FROM, tell the image what to do. What a builder says is thrown away
with it: `COPY --from` brings files and nothing else.

Fix: write it in the stage that is shipped.

Okamochi: command, port, user and check come from one plan, and stand in the stage that is shipped.

See: https://docs.docker.com/build/building/multi-stage/
"""

from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.steps import makers
from okamochi.containerfiles.desk import is_desk_name

SEVERITY = Severity.WARNING


def look(setup: Setup) -> Finds:
    for file in setup.dockerfiles:
        shipped = file.shipped
        for stage in makers(file)[1:]:
            for one in stage.own:
                lost = one.word in ("EXPOSE", "HEALTHCHECK", "CMD", "ENTRYPOINT", "STOPSIGNAL")
                if lost and shipped.last(one.word) is None and not is_desk_name(stage.name):
                    yield Found(
                        path=file.path,
                        line=one.line,
                        message=f"{one.word} of the stage {stage.name or 'above'} is not in what is shipped, "
                        "and the last stage has none",
                        hint=f"{one.word} in the stage that is shipped",
                    )
