"""A task runs whatever `latest` is when it starts.

A task that ECS replaces at night gets the image of the day, not that of the revision; going back to an older
revision of the definition goes back to nothing.

Fix: a tag that never moves, such as the revision's, or a digest, with each deployment.

See: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/container-considerations.html
"""

from okamochi.audit.cluster_objects import is_placeholder
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.tasks import tasks
from okamochi.oci.reference import bare_name

SEVERITY = Severity.WARNING


def look(setup: Setup) -> Finds:
    """Of the project's own images. A workflow that writes the image into the file first is what counts."""
    for task in tasks(setup):
        for container in task.containers if not is_written_later(setup) else ():
            image = container.image
            tag = image.rpartition("/")[2].partition(":")[2]
            if container.own and "@" not in image and tag in ("", "latest") and not is_placeholder(image):
                yield Found(
                    path=task.path,
                    line=container.node.get("image").line,
                    message=f"{bare_name(image)} has no tag that stays: a task that is replaced may run "
                    "another version, and no older revision leads back",
                    hint="the revision as its tag, or a digest",
                )


def is_written_later(setup: Setup) -> bool:
    """Whether a workflow puts the image in: amazon-ecs-render-task-definition, sed, jq, envsubst."""
    paths = [path for path in setup.project.files() if path.endswith((".yml", ".yaml", ".sh", "Makefile"))]
    marks = ("render-task-definition", "containerDefinitions", "register-task-definition", "<IMAGE")
    return any(mark in (setup.project.read_text(path) or "") for path in paths for mark in marks)
