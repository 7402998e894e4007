"""The proxy in front of web, and services that a loopback port leads to."""

from typing import Any

import pytest
from ruamel.yaml import YAML

from okamochi.errors import UsageError
from okamochi.model.plan import Plan
from okamochi.render.compose import render_compose
from tests.detect.plans import planned

APP = "import os\nfrom flask import Flask\napp = Flask(__name__)\nurl = os.environ['DATABASE_URL']\n"


def plan_of(**settings: str) -> Plan:
    files = {"requirements.txt": "flask\npsycopg\n", "app.py": APP}
    return planned({**files, **{name.replace("_", "."): text for name, text in settings.items()}})


def rendered(plan: Plan) -> tuple[dict[str, Any], dict[str, str]]:
    files = {file.path: file.content.decode() for file in render_compose(plan).files}
    return YAML(typ="safe", pure=True).load(files["compose.yaml"]), files


def test_forwarded_headers_are_believed_from_the_proxys_address_alone() -> None:
    document, files = rendered(plan_of(okamochi_toml='domain = "Example.org"\n'))
    proxy, web = document["services"]["proxy"], document["services"]["web"]
    address = proxy["networks"]["front"]["ipv4_address"]
    assert web["environment"]["FORWARDED_ALLOW_IPS"] == address
    assert web["environment"]["OKAMOCHI_TRUSTED_HOPS"] == "1"
    # nobody else can be given that address
    (config,) = document["networks"]["front"]["ipam"]["config"]
    assert int(address.rpartition(".")[2]) < 8
    assert config["ip_range"].endswith(".8/29")
    assert (proxy["profiles"], proxy["cap_drop"], proxy["read_only"]) == (["domain"], ["ALL"], True)
    assert "data" not in proxy["networks"]
    # Compose would recreate it with every new image of web
    assert "depends_on" not in proxy
    assert files["Caddyfile"].splitlines()[1:4] == [
        "example.org {",
        "\tencode",
        "\treverse_proxy web:8000 {",
    ]


def test_without_a_domain_there_is_no_proxy_and_nobody_is_believed() -> None:
    document, files = rendered(plan_of())
    assert "proxy" not in document["services"] and "Caddyfile" not in files
    assert "FORWARDED_ALLOW_IPS" not in document["services"]["web"]["environment"]


@pytest.mark.parametrize("domain", ["https://example.org", "example.org/shop", "a b.org", "{x}.org"])
def test_what_is_no_domain_is_refused(domain: str) -> None:
    with pytest.raises(UsageError, match="is no domain"):
        plan_of(okamochi_toml=f'domain = "{domain}"\n')


def test_a_service_is_reached_from_this_machine_only_when_asked() -> None:
    document, _ = rendered(plan_of())
    assert "ports" not in document["services"]["db"]
    document, _ = rendered(plan_of(okamochi_toml="expose = { db = 15432 }\n"))
    db = document["services"]["db"]
    assert db["ports"] == ["127.0.0.1:15432:5432"]
    assert set(db["networks"]) == {"data", "exposed"}
    assert document["networks"]["data"] == {"internal": True}


def test_exposing_what_is_not_there_names_what_is() -> None:
    with pytest.raises(UsageError, match="no service cache") as raised:
        plan_of(okamochi_toml="expose = { cache = 16379 }\n")
    assert "db" in raised.value.hint
