"""Distributions whose modules bear another name: as each distribution's own documentation says."""

__all__ = ["distribution_of", "is_known", "is_known_distribution", "named_part"]

# setuptools 81 is the first without pkg_resources
DIFFERENT = {
    "allauth": "django-allauth",
    "attr": "attrs",
    "axes": "django-axes",
    "bs4": "beautifulsoup4",
    "bson": "pymongo",
    "cairo": "pycairo",
    "ckeditor": "django-ckeditor",
    "compressor": "django-compressor",
    "configurations": "django-configurations",
    "constance": "django-constance",
    "corsheaders": "django-cors-headers",
    "crispy_forms": "django-crispy-forms",
    "Crypto": "pycryptodome",
    "cv2": "opencv-python-headless",
    "dateutil": "python-dateutil",
    "debug_toolbar": "django-debug-toolbar",
    "decouple": "python-decouple",
    "django_filters": "django-filter",
    "docx": "python-docx",
    "dotenv": "python-dotenv",
    "environ": "django-environ",
    "fasthtml": "python-fasthtml",
    "fitz": "pymupdf",
    "gi": "pygobject",
    "git": "gitpython",
    "google.appengine": "appengine-python-standard",
    "google.auth": "google-auth",
    "google.oauth2": "google-auth",
    "google.protobuf": "protobuf",
    "googleapiclient": "google-api-python-client",
    "graphql": "graphql-core",
    "guardian": "django-guardian",
    "haystack": "django-haystack",
    "imagekit": "django-imagekit",
    "import_export": "django-import-export",
    "jazzmin": "django-jazzmin",
    "jose": "python-jose",
    "jwt": "pyjwt",
    "ldap": "python-ldap",
    "magic": "python-magic",
    "modeltranslation": "django-modeltranslation",
    "mptt": "django-mptt",
    "mysql": "mysql-connector-python",
    "MySQLdb": "mysqlclient",
    "OpenSSL": "pyopenssl",
    "paho": "paho-mqtt",
    "phonenumber_field": "django-phonenumber-field",
    "PIL": "pillow",
    "pipeline": "django-pipeline",
    "pkg_resources": "setuptools<81",
    "polymorphic": "django-polymorphic",
    "pptx": "python-pptx",
    "psycopg2": "psycopg2-binary",
    "rest_framework": "djangorestframework",
    "rest_framework_simplejwt": "djangorestframework-simplejwt",
    "reversion": "django-reversion",
    "serial": "pyserial",
    "simple_history": "django-simple-history",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "slugify": "python-slugify",
    "social_django": "social-auth-app-django",
    "socketio": "python-socketio",
    "solo": "django-solo",
    "sorl": "sorl-thumbnail",
    "storages": "django-storages",
    "strawberry": "strawberry-graphql",
    "taggit": "django-taggit",
    "telegram": "python-telegram-bot",
    "tinymce": "django-tinymce",
    "usb": "pyusb",
    "widget_tweaks": "django-widget-tweaks",
    "yaml": "pyyaml",
    "zmq": "pyzmq",
}

# what is no package by itself: https://peps.python.org/pep-0420/
SHARED = frozenset(["google", "google.cloud"])


def named_part(dotted: str) -> str:
    """What of an imported name says whose it is: its top level, and what follows names that many share; ""
    where nothing does."""
    parts = dotted.split(".")
    length = 1 + (parts[0] in SHARED) + (".".join(parts[:2]) in SHARED)
    return ".".join(parts[:length]) if len(parts) >= length else ""


def distribution_of(module: str) -> str:
    """The requirement that brings a module, by its top level or `named_part`: the one that is known, else the
    module's own name."""
    return DIFFERENT.get(module, module.replace("_", "-").replace(".", "-").lower())


def is_known(module: str) -> bool:
    """Whether the table says whose module it is."""
    return module in DIFFERENT


def is_known_distribution(name: str) -> bool:
    """Whether the table names the distribution."""
    return name in {one.partition("<")[0] for one in DIFFERENT.values()}
