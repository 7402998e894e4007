"""ECS is to fetch secrets, logs or an image, and has no role to do it with.

`secrets` come from Secrets Manager or the parameter store, and an image from ECR, before the container
exists; the task's own role does not count for that. Without `executionRoleArn` a task on Fargate that uses
them is refused or never starts (ResourceInitializationError).

Fix: `"executionRoleArn"` with AmazonECSTaskExecutionRolePolicy, and the right to read these secrets.

Okamochi: two roles, for what ECS does and for what the app does.

See: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html
"""

from collections.abc import Iterator

from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.tasks import Task, tasks

SEVERITY = Severity.ERROR


def look(setup: Setup) -> Finds:
    for task in tasks(setup):
        if task.root.get("executionRoleArn").text:
            continue
        wanted = list(needs(task))
        if wanted:
            line, why = wanted[0]
            yield Found(
                path=task.path,
                line=line,
                message=f"{why} needs executionRoleArn, which is not there: the task never starts",
                hint='"executionRoleArn": "arn:aws:iam::ACCOUNT:role/…"; taskRoleArn is another thing',
            )


def needs(task: Task) -> Iterator[tuple[int, str]]:
    for container in task.containers:
        node = container.node
        if node.get("secrets").items:
            yield node.key("secrets").line, "the secrets that ECS fetches"
    for container in task.containers if task.fargate else ():
        image, logs = container.node.get("image"), container.node.get("logConfiguration")
        if ".dkr.ecr." in image.text:
            yield image.line, "an image in ECR"
        if logs.get("logDriver").text == "awslogs":
            yield logs.line, "awslogs on Fargate"
