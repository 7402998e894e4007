"""What a stack's containers are told."""

from okamochi.model.process import EnvironmentVariable, VariableKind
from okamochi.workflows.env_values import Values
from okamochi.workflows.stack_services import with_given_secrets

SECRET = VariableKind.SECRET


def test_optional_secrets_that_were_given_reach_the_stack_and_the_others_do_not() -> None:
    plain = EnvironmentVariable(name="PLAIN")
    given = EnvironmentVariable(name="CLIENT_SECRET", kind=SECRET)
    absent = EnvironmentVariable(name="METRICS_TOKEN", kind=SECRET)
    values = Values(plain=(), secret_names=("CLIENT_SECRET", "OF_A_LIBRARY_TOKEN"))
    assert with_given_secrets((plain, given, absent), values) == (
        plain,
        EnvironmentVariable(name="CLIENT_SECRET", kind=SECRET, required=True),
        absent,
        EnvironmentVariable(name="OF_A_LIBRARY_TOKEN", kind=SECRET, required=True),
    )
