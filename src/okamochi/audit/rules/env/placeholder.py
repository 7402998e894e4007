"""An environment file holds the word of an example where a secret belongs.

`SECRET_KEY=changeme` and `POSTGRES_PASSWORD=yourpassword` are the first that anybody tries, and whoever signs
with a key of an example believes every cookie. Files that are there to be copied (.env.example, .env.sample)
are left alone.

Fix: the real value, or no line at all: then the start says that it is missing.

Okamochi: refuses such a value at `okamochi up`, and makes up what signs or opens a service of its own.

See: https://flask.palletsprojects.com/en/stable/config/#SECRET_KEY
"""

from okamochi.audit.rule import Severity, told

SEVERITY = Severity.ERROR
look = told("env/placeholder")
