"""All claims, in the order in which they are told."""

from okamochi.audit.claim import Claim
from okamochi.audit.claims.files import FILES
from okamochi.audit.claims.isolation import ISOLATION
from okamochi.audit.claims.life import LIFE
from okamochi.audit.claims.secrets import SECRETS
from okamochi.audit.claims.web import WEB

__all__ = ["CLAIMS"]

CLAIMS: tuple[Claim, ...] = (*ISOLATION, *FILES, *SECRETS, *WEB, *LIFE)
