"""One blueprint a subject."""

from invoice import login, metrics
from invoice.views import batches, company, customers, health, invoices

BLUEPRINTS = (
    health.blueprint,
    metrics.blueprint,
    login.blueprint,
    invoices.blueprint,
    batches.blueprint,
    customers.blueprint,
    company.blueprint,
)
