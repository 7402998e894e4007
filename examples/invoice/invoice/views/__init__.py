"""One blueprint a subject."""

from invoice.views import company, customers, health, invoices

BLUEPRINTS = (health.blueprint, invoices.blueprint, customers.blueprint, company.blueprint)
