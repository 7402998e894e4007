"""An invoice as PDF, by WeasyPrint.

WeasyPrint is imported with the application: when Pango is missing, the start fails and not the first PDF.
"""

import base64
import threading
from functools import cache
from pathlib import Path

from flask import current_app, render_template
from weasyprint import CSS, HTML
from weasyprint.urls import URLFetcher

from invoice import metrics
from invoice.models import Company, Invoice

STYLE = Path(__file__).resolve().parent / "templates" / "pdf" / "invoice.css"

# One PDF at a time in a worker: its memory peak stays that of one document.
_one_at_a_time = threading.Lock()


def render(invoice: Invoice, company: Company) -> bytes:
    """PDF in the reader's language; nothing is fetched, the logo is embedded."""
    html = render_template(
        "pdf/invoice.html", invoice=invoice, company=company, logo=_logo_data_address(company)
    )
    with _one_at_a_time, metrics.PDF_SECONDS.time():
        document = HTML(string=html, url_fetcher=URLFetcher(allowed_protocols=("data",)))
        return document.write_pdf(stylesheets=[CSS(string=_style())])


@cache
def _style() -> str:
    return STYLE.read_text(encoding="utf-8")


def _logo_data_address(company: Company) -> str | None:
    if company.logo is None:
        return None
    path = current_app.config["UPLOAD_DIR"] / company.logo
    if not path.is_file():
        return None
    return f"data:image/png;base64,{base64.b64encode(path.read_bytes()).decode('ascii')}"
