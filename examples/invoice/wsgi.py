"""The WSGI entry point: `wsgi:app`."""

from invoice import create_app
from invoice.schema import upgrade_at_first_start

app = create_app()
upgrade_at_first_start(app)
