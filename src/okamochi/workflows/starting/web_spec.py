"""The container that answers requests, in production and at the desk."""

from collections.abc import Mapping

from okamochi.model.kit_programs import HEALTH_CHECK, health_environment
from okamochi.model.plan import Plan
from okamochi.oci.reference import Reference
from okamochi.run.spec import RunSpec
from okamochi.workflows.starting.apps import App
from okamochi.workflows.starting.env_values import Values

__all__ = ["web_spec"]

NOTHING: Mapping[str, str] = {}


def web_spec(
    app: App, plan: Plan, reference: Reference, values: Values, port: int, more: Mapping[str, str] = NOTHING
) -> RunSpec:
    """`more` are variables besides the app's values."""
    # the image's own value (a SQLite file) gives way to the file
    blank = dict(plan.image_environment).keys() & set(values.secret_names)
    environment = {
        **dict.fromkeys(blank, ""),
        **dict(values.plain),
        **health_environment(plan.web),
        **more,
        "PORT": str(plan.web.port),
    }
    return RunSpec(
        name=f"okamochi-{app.identity}",
        app=app.identity,
        image_reference=str(reference.tagged),
        process=plan.web,
        environment=tuple(sorted(environment.items())),
        secrets_folder=str(app.state.secrets_folder),
        secret_names=values.secret_names,
        secret_paths=values.secret_paths,
        volumes=plan.volumes,
        temporary_folders=plan.temporary_folders,
        tmp_bytes=plan.tmp_bytes,
        security=plan.security,
        published_port=port,
        labels=(("io.okamochi.project", str(app.root)),),
        healthcheck=HEALTH_CHECK,
    )
