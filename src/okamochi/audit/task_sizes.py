"""Which amounts of memory go with which processors on Fargate.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-size
"""

import re

__all__ = ["fitting_memory", "mebibytes", "units"]

GIB = 1024
# of a vCPU in units: the least and the most memory in GiB, and the step
STEPS = {
    512: (1, 4, 1),
    1024: (2, 8, 1),
    2048: (4, 16, 1),
    4096: (8, 30, 1),
    8192: (16, 60, 4),
    16384: (32, 120, 8),
}


def fitting_memory(cpu: int) -> tuple[int, ...]:
    """In MiB, smallest first; () where Fargate has no task of that size, as far as is known here."""
    if cpu == 256:
        return (512, 1024, 2048)
    if cpu not in STEPS:
        return ()
    least, most, step = STEPS[cpu]
    return tuple(gib * GIB for gib in range(least, most + 1, step))


def units(text: str) -> int | None:
    """Of "256" and "0.5 vCPU"."""
    found = re.fullmatch(r"(\d*\.?\d+)\s*(vcpu)?", text.strip(), re.IGNORECASE)
    if found is None:
        return None
    return round(float(found[1]) * (1024 if found[2] else 1))


def mebibytes(text: str) -> int | None:
    """Of "512" and "1 GB"."""
    found = re.fullmatch(r"(\d*\.?\d+)\s*(gb)?", text.strip(), re.IGNORECASE)
    if found is None:
        return None
    return round(float(found[1]) * (GIB if found[2] else 1))
