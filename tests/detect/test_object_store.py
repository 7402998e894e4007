"""Object stores: one of the stack's own where the code lets somebody choose the endpoint, else told."""

import pytest

from okamochi.model.backing_service import BackingService, ServiceKind
from okamochi.model.plan import Plan
from tests.detect.plans import planned

HEAD = "import os\nimport boto3\nfrom flask import Flask\napp = Flask(__name__)\n"
CLIENT = "s3 = boto3.client('s3', endpoint_url=os.environ['S3_ENDPOINT_URL'])\n"


def plan_of(source: str, requirements: str = "boto3", **others: str) -> Plan:
    files = {"requirements.txt": f"flask\n{requirements}\n", "app.py": HEAD + source}
    return planned({**files, **{name.replace("__", "."): text for name, text in others.items()}})


def only(source: str, requirements: str = "boto3", **others: str) -> BackingService:
    (found,) = plan_of(source, requirements, **others).services
    return found


def told(service: BackingService) -> dict[str, str]:
    return {one.name: one.template for one in service.variables}


def remarks(plan: Plan) -> list[str]:
    return [one.summary for one in plan.decisions if one.field == "services"]


def test_a_client_whose_endpoint_is_a_variable_gets_a_store_and_keys_where_boto3_looks_itself() -> None:
    store = only(f"{CLIENT}s3.put_object(Bucket='photos', Key='a')\n")
    assert (store.kind, store.name, store.required) == (ServiceKind.S3, "s3", True)
    assert store.buckets == ("photos",)
    assert told(store) == {
        "AWS_ACCESS_KEY_ID": "{user}",
        "AWS_SECRET_ACCESS_KEY": "{password}",
        "S3_ENDPOINT_URL": "http://{host}:{port}",
    }


def test_variables_are_known_by_the_argument_that_they_flow_into() -> None:
    source = (
        "WHERE = os.environ['FILES_AT']\nWHO, HOW = os.environ['FILES_WHO'], os.environ['FILES_HOW']\n"
        "s3 = boto3.resource('s3', endpoint_url=WHERE, aws_access_key_id=os.environ['FILES_ID'],\n"
        "                    aws_secret_access_key=os.environ['FILES_WORD'])\n"
    )
    assert told(only(source)) == {
        "FILES_AT": "http://{host}:{port}",
        "FILES_ID": "{user}",
        "FILES_WORD": "{password}",
    }


def test_a_store_beside_aws_is_one_that_the_app_starts_without() -> None:
    source = "s3 = boto3.client('s3', endpoint_url=os.environ.get('S3_ENDPOINT_URL'))\n"
    assert not only(source).required


def test_the_region_that_the_code_signs_for_is_the_stores() -> None:
    assert only(CLIENT).region == "us-east-1"
    assert only(CLIENT.replace("'s3',", "'s3', region_name='ap-northeast-1',")).region == "ap-northeast-1"


def test_a_client_without_an_endpoint_speaks_to_aws_which_is_said() -> None:
    plan = plan_of("s3 = boto3.client('s3')\n")
    assert plan.services == ()
    assert "S3 at AWS itself" in remarks(plan)[0]


@pytest.mark.parametrize(
    "source",
    [
        "s3 = boto3.client('s3', endpoint_url='https://nyc3.example.com')\n",
        "s3 = boto3.client('s3', endpoint_url=os.getenv('S3_ENDPOINT', 'https://nyc3.example.com'))\n",
    ],
)
def test_an_address_of_somebody_elses_is_said_and_left_alone(source: str) -> None:
    plan = plan_of(source)
    assert plan.services == ()
    assert remarks(plan) == ["the object store is https://nyc3.example.com, somebody else's: none is started"]


def test_other_services_of_aws_are_no_object_store() -> None:
    plan = plan_of("sqs = boto3.client('sqs', endpoint_url=os.environ['AWS_SQS_ENDPOINT_URL'])\n")
    assert (plan.services, remarks(plan)) == ((), [])


def test_a_client_of_minio_takes_its_address_without_a_scheme_and_is_told_not_to_encrypt() -> None:
    source = (
        "from minio import Minio\n"
        "m = Minio(os.environ['MINIO_ENDPOINT'], os.environ['MINIO_ACCESS_KEY'],\n"
        "          os.environ['MINIO_SECRET_KEY'],\n"
        "          secure=os.environ.get('MINIO_SECURE', 'true') == 'true')\n"
    )
    assert told(only(source, "minio")) == {
        "MINIO_ACCESS_KEY": "{user}",
        "MINIO_ENDPOINT": "{host}:{port}",
        "MINIO_SECRET_KEY": "{password}",
        "MINIO_SECURE": "false",
    }


def test_an_endpoint_that_the_code_puts_behind_a_scheme_gets_none() -> None:
    source = "s3 = boto3.client('s3', endpoint_url=f\"http://{os.environ['MINIO_ENDPOINT']}\")\n"
    assert told(only(source))["MINIO_ENDPOINT"] == "{host}:{port}"


def test_settings_of_django_storages_are_read_by_name() -> None:
    settings = (
        "import os\nINSTALLED_APPS = ['storages']\nROOT_URLCONF = 'shop.urls'\nSECRET_KEY = 'x'\n"
        "STORAGES = {'default': {'BACKEND': 'storages.backends.s3.S3Storage'}}\n"
        "AWS_S3_ENDPOINT_URL = os.environ['AWS_S3_ENDPOINT_URL']\n"
        "AWS_STORAGE_BUCKET_NAME = os.environ.get('AWS_STORAGE_BUCKET_NAME', 'media')\n"
    )
    wsgi = (
        "import os\nfrom django.core.wsgi import get_wsgi_application\n"
        "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"
        "application = get_wsgi_application()\n"
    )
    files = {
        "requirements.txt": "django\ndjango-storages[s3]\n",
        "shop/__init__.py": "",
        "shop/settings.py": settings,
        "shop/wsgi.py": wsgi,
        "manage.py": wsgi.replace("wsgi", "x"),
    }
    (store,) = planned(files).services
    assert store.buckets == ("media",)
    assert told(store)["AWS_S3_ENDPOINT_URL"] == "http://{host}:{port}"


def test_the_store_of_a_compose_file_keeps_its_name_image_and_user() -> None:
    image = "minio/minio:RELEASE.2025-09-07T16-13-09Z"
    compose = f"services: {{files: {{image: {image}, environment: {{MINIO_ROOT_USER: shop}}}}}}\n"
    store = only("s3 = boto3.client('s3', endpoint_url=os.environ['STORE'])\n", compose__yaml=compose)
    assert (store.name, store.user) == ("files", "shop")
    assert store.image == image


def test_a_store_that_the_settings_ask_for_is_told_to_boto3_by_its_own_variables() -> None:
    settings = 'services = { s3 = "versity/versitygw:v1.7.0" }\n'
    plan = plan_of("s3 = boto3.client('s3')\n", okamochi__toml=settings)
    (store,) = plan.services
    assert told(store)["AWS_ENDPOINT_URL_S3"] == "http://{host}:{port}"
    assert store.buckets and remarks(plan) == []


def test_addresses_that_are_signed_for_browsers_are_told_to_lead_nowhere_for_them() -> None:
    plan = plan_of(f"{CLIENT}link = s3.generate_presigned_url('get_object')\n")
    assert "signs for browsers" in remarks(plan)[0]


def test_fields_of_settings_count_however_far_their_class_is_from_the_root() -> None:
    fields = "    s3_endpoint_url: str\n    s3_bucket: str = 'photos'\n"
    settings = f"from base import Common\n\n\nclass Settings(Common):\n{fields}"
    source = (
        "from settings import Settings\nsettings = Settings()\n"
        "s3 = boto3.client('s3', endpoint_url=settings.s3_endpoint_url)\n"
    )
    base = "from pydantic_settings import BaseSettings\n\n\nclass Common(BaseSettings):\n    pass\n"
    store = only(source, "boto3\npydantic-settings", settings__py=settings, base__py=base)
    assert told(store)["S3_ENDPOINT_URL"] == "http://{host}:{port}"
