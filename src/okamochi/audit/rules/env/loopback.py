"""An environment file names localhost for a service, which in a container is the container itself.

`DB_HOST=localhost` is right for an app that runs on the host. In a container nobody listens there:
"connection refused".

Fix: the name of the service (`db`); for what runs on the host, `host.docker.internal`. A file for both is
two files.

Okamochi: sets the address of each service that it starts, and says when a file contradicts.

See: https://docs.docker.com/compose/how-tos/networking/
"""

from okamochi.audit.rule import Severity, told

SEVERITY = Severity.WARNING
look = told("env/loopback")
