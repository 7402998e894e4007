"""The stages of the Dockerfile that only the desk uses."""

from okamochi.model.development import development_environment, development_packages, development_process
from okamochi.model.plan import KIT_ROOT, VENV_ROOT, Plan
from okamochi.render.dockerfile_text import FOLDER, SEEN, apt_install, environment_lines, exec_form
from okamochi.render.dockerfile_words import said
from okamochi.render.rendering import Language

__all__ = ["REQUIREMENTS_DEV", "desk_requirements", "development_builder", "development_stage"]

REQUIREMENTS_DEV = f"{FOLDER}/requirements-dev.txt"
PACKAGES = ("git", "openssh-client", "procps")


def desk_requirements(plan: Plan) -> str:
    """Without pins of their own: production's hold for what they have in common."""
    listed = dict.fromkeys((*plan.development.specifiers, *development_packages(plan)))
    return "".join(f"{one}\n" for one in listed)


def development_builder(plan: Plan, language: Language) -> list[str]:
    """Production's packages and those of development, which move none of production's."""
    pip = f"python{plan.python_version} -m pip --python {VENV_ROOT}/bin/python"
    return [
        said("development-packages", language),
        "FROM builder AS development-builder",
        f"COPY {REQUIREMENTS_DEV} {SEEN}/",
        "RUN --mount=type=cache,target=/root/.cache/pip \\",
        f"    {pip} freeze > /tmp/constraints.txt \\",
        f"    && {pip} install --disable-pip-version-check --root-user-action ignore \\",
        f"        --constraint /tmp/constraints.txt --requirement {SEEN}/requirements-dev.txt",
    ]


def development_stage(plan: Plan, language: Language) -> list[str]:
    desk = development_process(plan, plan.web)
    return [
        said("development", language),
        "FROM base AS development",
        *apt_install(PACKAGES),
        f"COPY --from=development-builder {VENV_ROOT} {VENV_ROOT}",
        f"COPY --from=source {KIT_ROOT} {KIT_ROOT}",
        f"COPY {FOLDER}/kit/development/ {KIT_ROOT}/development/",
        "ARG USER_ID=1000",
        "RUN if [ ${USER_ID} != 0 ]; then \\",
        "    /usr/sbin/useradd --non-unique --uid ${USER_ID} --create-home --shell /bin/bash developer; fi",
        *desk_folders(plan),
        *environment_lines(plan, {**development_environment(plan), "HOME": "/tmp"}),
        f"WORKDIR {plan.application.working_directory}",
        "USER ${USER_ID}",
        f"ENTRYPOINT {exec_form(desk.argv)}",
    ]


def desk_folders(plan: Plan) -> list[str]:
    """Where volumes are mounted: a new one takes over the owner."""
    folders = " ".join(volume.path for volume in plan.volumes)
    return [f"RUN mkdir -p {folders} && chown ${{USER_ID}} {folders}"] if folders else []
