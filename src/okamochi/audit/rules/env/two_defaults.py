"""A variable has two different defaults in one file.

`${THREADS:-4}` in one place and `${THREADS:-2}` in another: as long as nobody sets it, two parts of the stack
believe different things.

Fix: one of them; once as an `x-` field or a YAML anchor, or without a default and with the value in .env.

Okamochi: each value stands once, in the plan.

See: https://docs.docker.com/reference/compose-file/interpolation/
"""

from okamochi.audit.interpolation import references
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.model.evidence import Evidence

SEVERITY = Severity.NOTE


def look(setup: Setup) -> Finds:
    for file in setup.composes:
        first: dict[str, tuple[str, int]] = {}
        told: set[str] = set()
        for number, line in enumerate(file.file.lines if not file.desk else (), 1):
            if line.lstrip().startswith("#"):
                continue
            for name, operator, word in references(line):
                if not operator.endswith("-") or not word or "$" in word:
                    continue
                before, where = first.setdefault(name, (word, number))
                if before != word and name not in told:
                    told.add(name)
                    yield Found(
                        path=file.path,
                        line=number,
                        message=f"{name} has another default here than in line {where}",
                        hint="one default, in one place",
                        also=(Evidence(path=file.path, line=where, reason="the other default"),),
                    )
