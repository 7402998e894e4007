"""Distributions whose modules bear another name: as each distribution's own documentation says."""

__all__ = ["distribution_of"]

# setuptools 81 is the first without pkg_resources
DIFFERENT = {
    "allauth": "django-allauth",
    "attr": "attrs",
    "bs4": "beautifulsoup4",
    "bson": "pymongo",
    "cairo": "pycairo",
    "ckeditor": "django-ckeditor",
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
    "fitz": "pymupdf",
    "gi": "pygobject",
    "git": "gitpython",
    "guardian": "django-guardian",
    "imagekit": "django-imagekit",
    "import_export": "django-import-export",
    "jazzmin": "django-jazzmin",
    "jose": "python-jose",
    "jwt": "pyjwt",
    "ldap": "python-ldap",
    "magic": "python-magic",
    "mptt": "django-mptt",
    "MySQLdb": "mysqlclient",
    "OpenSSL": "pyopenssl",
    "phonenumber_field": "django-phonenumber-field",
    "PIL": "pillow",
    "pkg_resources": "setuptools<81",
    "pptx": "python-pptx",
    "psycopg2": "psycopg2-binary",
    "rest_framework": "djangorestframework",
    "rest_framework_simplejwt": "djangorestframework-simplejwt",
    "serial": "pyserial",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "slugify": "python-slugify",
    "social_django": "social-auth-app-django",
    "socketio": "python-socketio",
    "storages": "django-storages",
    "taggit": "django-taggit",
    "telegram": "python-telegram-bot",
    "tinymce": "django-tinymce",
    "usb": "pyusb",
    "widget_tweaks": "django-widget-tweaks",
    "yaml": "pyyaml",
    "zmq": "pyzmq",
}


def distribution_of(module: str) -> str:
    """The requirement that brings a top-level module: the one that is known, else the module's own name."""
    return DIFFERENT.get(module, module.replace("_", "-").lower())
