"""Why a rendered line is as it is, where a setting overruled the plan: the reason stays with the line."""

from okamochi.model.evidence import Origin
from okamochi.model.plan import Plan
from okamochi.render.rendering import Language

__all__ = ["reason_for"]

CHOSEN = (Origin.SETTINGS, Origin.ENVIRONMENT, Origin.COMMAND_LINE)


def reason_for(plan: Plan, field: str, language: Language) -> str:
    """One line: what was decided and which file says so; "" where okamochi decided by itself.

    Lines of files are left out: they move with every edit, and the rendered file would drift with them."""
    for decision in plan.decisions:
        if decision.field != field or decision.origin is Origin.DEFAULT or not decision.evidence:
            continue
        place = decision.evidence[0].path or decision.origin.value
        if decision.origin in CHOSEN:
            return (f"Set in {place}.", f"{place} の設定による。")[language is Language.JAPANESE]
        reason = decision.evidence[0].reason
        return (f"From {place}: {reason}.", f"{place} より: {reason}")[language is Language.JAPANESE]
    return ""
