"""EXPOSE, HEALTHCHECK, USER or CMD stand in a stage that is not shipped, and nowhere else.

Only the last stage, and those it is made FROM, tell the image what to do. What a builder says is thrown away
with it: `COPY --from` brings files and nothing else.

Fix: write it in the stage that is shipped.

Okamochi: command, port, user and check come from one plan, and stand in the stage that is shipped.

See: https://docs.docker.com/build/building/multi-stage/
"""

from collections.abc import Iterator

from okamochi.audit.rule import Found, Rule
from okamochi.audit.setup import Setup
from okamochi.audit.steps import makers
from okamochi.containerfiles.desk import is_desk_name
from okamochi.model.finding import Severity

__all__ = ["RULE"]


def look(setup: Setup) -> Iterator[Found]:
    for file in setup.dockerfiles:
        shipped = file.shipped
        for stage in makers(file)[1:]:
            for one in stage.own:
                lost = one.word in ("EXPOSE", "HEALTHCHECK", "CMD", "ENTRYPOINT", "STOPSIGNAL")
                if lost and shipped.last(one.word) is None and not is_desk_name(stage.name):
                    yield Found(
                        path=file.path,
                        line=one.line,
                        message=f"{one.word} of the stage {stage.name or 'above'} is not in what is "
                        "shipped, and "
                        "the last stage has none",
                        hint=f"{one.word} in the stage that is shipped",
                    )


RULE = Rule("layers/not-shipped", Severity.WARNING, look, __doc__ or "")
