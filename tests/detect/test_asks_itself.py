"""The port at which an app expects itself."""

import pytest

from tests.detect.plans import planned

CALLS = "import requests\nfrom flask import Flask\napp = Flask(__name__)\n\n"
CALLS += '@app.route("/")\ndef index():\n    return requests.get("{url}").text\n\n'
OWN = "http://localhost:5000/api/items"


@pytest.mark.parametrize(
    ("url", "start", "port"),
    [
        (OWN, "app.run(debug=True)", 5000),
        (OWN, "", 5000),
        (OWN.replace("5000", "8081"), 'app.run("0.0.0.0", 8081)', 8081),
        (OWN.replace("localhost:5000", "127.0.0.1:8081"), "app.run(port=8081)", 8081),
        # another service's, or nobody knows whose
        (OWN, "app.run(port=8081)", 8000),
        (OWN, "app.run(port=int(os.environ['PORT']))", 5000),
        ("https://example.org:5000/api", "app.run()", 8000),
    ],
)
def test_an_app_that_asks_itself_is_served_where_it_looks(url: str, start: str, port: int) -> None:
    guarded = f'if __name__ == "__main__":\n    {start}\n' if start else ""
    files = {"app.py": CALLS.replace("{url}", url) + guarded, "requirements.txt": "flask\nrequests\n"}
    assert planned(files).web.port == port


def test_a_setting_rules() -> None:
    files = {
        "app.py": CALLS.replace("{url}", OWN),
        "requirements.txt": "flask\nrequests\n",
        "okamochi.toml": "port = 9000\n",
    }
    assert planned(files).web.port == 9000
