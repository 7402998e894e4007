"""A service that the code names by its host, with a password of its own, is made to fit."""

import pytest

from okamochi.detect.services.kinds import facts_of
from okamochi.detect.services.loopback_services import password_at
from okamochi.model.backing_service import BackingService
from okamochi.system.project_files import MemoryProject
from tests.detect.plans import FLASK_APP, decision, planned

DRIVERS = "flask\npsycopg2\npymysql\npika\nsqlalchemy\n"
LINE = FLASK_APP.count("\n") + 2


def files_with(source: str) -> dict[str, str]:
    return {"requirements.txt": DRIVERS, "app.py": f"{FLASK_APP}import os\n{source}\n"}


def service_of(source: str) -> BackingService:
    (service,) = planned(files_with(source)).services
    return service


@pytest.mark.parametrize(
    ("source", "user", "database"),
    [
        ("url = 'postgresql://shop:n00dles@db:5432/orders'", "shop", "orders"),
        ("url = 'mysql+pymysql://root:n00dles@db/orders'", "root", "orders"),
        ("url = 'amqp://shop:n00dles@bus/orders'", "shop", "orders"),
    ],
)
def test_the_service_has_the_password_that_the_code_has_fixed(source: str, user: str, database: str) -> None:
    service = service_of(source)
    assert (service.user, service.database, service.variables) == (user, database, ())
    assert service.password_in == f"app.py:{LINE}"
    told = decision(planned(files_with(source)), f"services.{service.name}").summary
    assert f"its password is the one in app.py:{LINE}, which all readers of the code know" in told
    project, facts = MemoryProject(files_with(source)), facts_of(service.kind)
    assert password_at(project, service.password_in, facts, service.name) == "n00dles"
    assert password_at(project, service.password_in, facts, "elsewhere") == ""


@pytest.mark.parametrize(
    "source",
    [
        "url = os.environ.get('DATABASE_URL', 'postgresql://shop:n00dles@db/orders')",
        "url = 'postgresql://shop:changeme@db/orders'",
        "url = 'postgresql://shop@db/orders'",
        "a = 'postgresql://shop:n00dles@db/orders'\nb = 'postgresql://shop:s0ba@db/orders'",
        "word = open('word').read()\nurl = f'postgresql://shop:{word}@db/orders'",
    ],
)
def test_where_a_variable_leads_there_or_the_code_is_unclear_it_has_one_of_its_own(source: str) -> None:
    assert service_of(source).password_in == ""
