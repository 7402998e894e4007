"""What a Dockerfile makes and says beside packages, ports and variables: nothing of it is lost in silence."""

import re
from collections.abc import Iterator

from okamochi.containerfiles.command_lines import commands_of
from okamochi.containerfiles.dockerfile import Instruction, Stage
from okamochi.detect.adoption.commands import without_secrets
from okamochi.detect.adoption.limits import kept_row
from okamochi.detect.adoption.rows import Row, Verdict
from okamochi.detect.adoption.stages import PYTHON_BASE, stage_copied
from okamochi.model.plan import Plan

__all__ = ["step_rows"]

# what the plan does in its own way, or what only a shell line needs
TAKEN_CARE_OF = re.compile(
    r"apt(?:-get|-key|-mark)?|aptitude|dpkg|apk|yum|dnf|microdnf|pip[\d.]*|uv|poetry|pipenv|pdm|conda|mamba|micromamba"
    r"|useradd|groupadd|adduser|addgroup|usermod|passwd|chpasswd|mkdir|install|chown|chmod|rm|rmdir|touch|ln|find|xargs"
    r"|echo|printf|set|export|cd|true|:|test|\[|if|elif|then|else|fi|for|while|until|do|done|case|esac|ls|cat|which|command|hash|source|\."
    r"|locale-gen|localedef|update-locale|dpkg-reconfigure|update-ca-certificates|ldconfig|dos2unix|sed|setcap"
    r"|virtualenv|venv|ensurepip|compileall|sync|sleep|date|id|env|exit|shopt|gpg|fc-cache"
)

INSTALLER = re.compile(
    r"install\.python-poetry|get-poetry|astral\.sh/uv|get-pip|install-poetry|pdm-project\.org|conda|mambaforge"
)


def step_rows(path: str, stages: tuple[Stage, ...], final: Stage, plan: Plan) -> Iterator[Row]:
    """Of the stage that is shipped, and of the stages of Python that it copies from."""
    yield from base_rows(path, final, plan)
    yield from user_rows(path, final, plan)
    for one in final.all("VOLUME"):
        for folder in one.argv or one.rest.split():
            yield kept_row(f"{path}:{one.line}", f"VOLUME {folder}", folder, plan)
    labels = [(name, one.line) for one in final.all("LABEL") for name, _ in one.pairs]
    if labels:
        names = [name.partition("=")[0] for name, _ in labels]
        shown = ", ".join(names[:4]) + (" …" if len(names) > 4 else "")
        ours = "title, version and revision, from the project"
        why = "labels of one's own: docker build --label, or a LABEL in the rendered Dockerfile"
        yield Row(Verdict.CHANGE, "labels", f"{path}:{labels[0][1]}", shown, ours, why)
    made = [stage for one in final.all("COPY") if (stage := stage_copied(one, stages)) is not None]
    seen: set[int] = set()
    for stage in (final, *(one for one in made if PYTHON_BASE.match(one.base))):
        for one in stage.all("RUN"):
            if one.line not in seen:
                seen.add(one.line)
                yield from run_rows(path, one, plan)


def base_rows(path: str, final: Stage, plan: Plan) -> Iterator[Row]:
    """Of a base that is no plain Python: what it brings is in no file here."""
    if PYTHON_BASE.match(final.base) is None:
        place = f"{path}:{final.all('FROM')[0].line}"
        ours = f"Python {plan.python_version} on {plan.base.suite}"
        why = "what that base sets and starts by itself is in no file here, and is not taken over"
        yield Row(Verdict.CHANGE, "base", place, f"FROM {final.base}", ours, why)


def user_rows(path: str, final: Stage, plan: Plan) -> Iterator[Row]:
    user = final.last("USER")
    name = user.rest.partition(":")[0] if user is not None else "root"
    number = str(plan.security.run_as_user)
    if user is None or name in ("root", "0"):
        return
    verdict = Verdict.SAME if name == number else Verdict.CHANGE
    why = "" if name == number else f"files of volumes that are there belong to {name}: chown them once"
    yield Row(verdict, "user", f"{path}:{user.line}", f"USER {user.rest}", f"USER {number}", why)


def run_rows(path: str, one: Instruction, plan: Plan) -> Iterator[Row]:
    """Steps that make something: nothing is run while okamochi packs."""
    lines = (one.argv,) if one.argv else commands_of(one.without_flags)
    for argv in lines:
        if not makes_something(argv):
            continue
        shown = without_secrets(" ".join(argv))
        if "collectstatic" in argv:
            ours = "static files are served where they lie, or collected when the server starts"
            yield Row(Verdict.SAME, "step", f"{path}:{one.line}", shown, ours)
            continue
        why = "what it makes has to lie in the folder before the build, or be made when the app starts"
        yield Row(Verdict.CHANGE, "step", f"{path}:{one.line}", shown, "not run", why)


def makes_something(argv: tuple[str, ...]) -> bool:
    if INSTALLER.search(" ".join(argv)) or argv[-1:] == ("-",):
        return False  # of a tool that the plan does without, or what such a script is piped into
    name = argv[0].rpartition("/")[2] if argv else ""
    if not re.fullmatch(r"[\w.+-]+", name) or TAKEN_CARE_OF.fullmatch(name):
        return False
    return not {"--version", "-V"} & set(argv)
