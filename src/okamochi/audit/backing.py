"""Databases and other services by their images, as the rules about them ask."""

from okamochi.model.service_images import ServiceImage, server_of_image
from okamochi.system.words import word_set

__all__ = ["database_of", "repository_of", "without_check"]

# official images of what is no service to an app, and without a HEALTHCHECK as the others
PROXIES = word_set("nginx httpd traefik")


def database_of(image: str) -> ServiceImage | None:
    """One that needs seconds before it answers, and whose image does as the official one does; None for
    everything else, and where variables decide."""
    server = server_of_image(image)
    if server is None or not server.check or "$" in image:
        return None
    return server if repository_of(image).rpartition("/")[2] in server.names else None


def repository_of(image: str) -> str:
    """Without tag and digest."""
    path, slash, name = image.partition("@")[0].rpartition("/")
    return path + slash + name.partition(":")[0]


def without_check(image: str) -> bool:
    """Whether it is an official image, of which none has a health check."""
    name = repository_of(image).removeprefix("docker.io/").removeprefix("library/")
    return "/" not in name and (name in PROXIES or server_of_image(name) is not None)
