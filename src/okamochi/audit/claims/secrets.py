"""That the values of secrets are where the app reads them, and nowhere else."""

from okamochi.audit.claim import Claim, Judged, beside, failed, held
from okamochi.model.observation import Observation
from okamochi.model.plan import Plan

__all__ = ["SECRETS"]


def told(seen: Observation, plan: Plan) -> Judged:
    outside = seen.outside
    if not outside.looked_for:
        return beside("the app has no secret")
    values = f"{outside.looked_for} value" + ("s" if outside.looked_for > 1 else "")
    if outside.told:
        return failed(f"a value was found in: {', '.join(outside.told)}")
    return held(f"{values} looked for in {', '.join(outside.looked_in)}")


SECRETS = (Claim("secrets", "No value of a secret is in the image, its description or the log", told),)
