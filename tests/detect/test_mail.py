"""The mail catcher of the desk."""

from ruamel.yaml import YAML

from okamochi.render.compose import ComposeRenderer
from okamochi.render.rendering import Language
from tests.detect.plans import planned

APP = (
    "import os\nfrom flask import Flask\napp = Flask(__name__)\n"
    "app.config['MAIL_SERVER'] = os.environ['MAIL_SERVER']\n"
    "app.config['MAIL_PORT'] = int(os.environ.get('MAIL_PORT', '587'))\n"
    "app.config['MAIL_USE_TLS'] = os.environ.get('MAIL_USE_TLS', 'true')\n"
    "app.config['MAIL_PASSWORD'] = os.environ.get('MAIL_PASSWORD')\n"
)


def test_a_mail_server_that_variables_name_is_caught_at_the_desk_only() -> None:
    plan = planned({"requirements.txt": "flask\nflask-mail\n", "app.py": APP})
    assert plan.services == ()
    (mail,) = plan.development_services
    assert {one.name: mail.value_of(one) for one in mail.variables} == {
        "MAIL_SERVER": "mail",
        "MAIL_PORT": "1025",
        "MAIL_USE_TLS": "false",
    }
    files = {file.path: file.content for file in ComposeRenderer().render(plan, Language.ENGLISH).files}
    read = YAML(typ="safe", pure=True).load
    assert "mail" not in read(files["compose.yaml"])["services"]
    desk = read(files["compose.dev.yaml"])["services"]
    assert desk["mail"]["ports"][0].startswith("127.0.0.1:")
    assert desk["web"]["environment"]["MAIL_SERVER"] == "mail"


def test_an_app_without_mail_has_no_catcher() -> None:
    plan = planned(
        {"requirements.txt": "flask\n", "app.py": "from flask import Flask\napp = Flask(__name__)\n"}
    )
    assert plan.development_services == ()
