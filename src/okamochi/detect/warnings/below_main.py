"""What sets the app up below `if __name__ == "__main__"`: done by the kit, or told."""

from okamochi.detect.serving.below_main import below_main
from okamochi.detect.understanding import Understood
from okamochi.model.evidence import Decision

MOST_SHOWN = 4


def warn(found: Understood) -> tuple[Decision, ...]:
    below = below_main(found.sources, found.entry.candidate)
    decisions = []
    if below.done:
        summary = (
            'what sets the app up below if __name__ == "__main__" is done as well when a server loads the '
            "module; better move these lines above it"
        )
        decisions.append(Decision.detected("application", summary, below.done[:MOST_SHOWN]))
    if below.told:
        summary = (
            'Warning: no server runs what stands below if __name__ == "__main__", and there the app is set '
            "up: move these lines above it"
        )
        decisions.append(Decision.detected("application", summary, below.told[:MOST_SHOWN]))
    return tuple(decisions)
