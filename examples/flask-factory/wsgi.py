"""The WSGI entry point: `wsgi:app`; the package lies in src/."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "src"))

from parcel import create_app

app = create_app()
