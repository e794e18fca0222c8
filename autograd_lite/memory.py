"""Memory: keeping freed arrays for the next one (``reuse_memory``), counting an array's holders."""

from __future__ import annotations

import sys

import numpy as np

# mallopt's parameters, from glibc's malloc.h, and its largest value.
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _MOST = -1, -3, 2**31 - 1


def reuse_memory() -> bool:
    """Keep the memory of freed arrays in the process, so that large arrays cost no fresh pages.

    A step on arrays of megabytes frees and asks for the same sizes again and again; by default the
    C library gives such memory back to the system, which clears every page before handing it out
    anew: up to a third of the time of a step. After this call the process keeps the most memory it
    has ever held until it ends. It concerns the whole process, so nothing calls it for you.

    Returns:
        whether it took effect: on Linux with glibc it does, elsewhere nothing happens.

    >>> import autograd_lite as ag
    >>> ag.reuse_memory() in (True, False)
    True
    """
    if not sys.platform.startswith("linux"):
        return False
    import ctypes  # slow to import

    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:  # another C library, such as musl
        return False
    return bool(mallopt(_MMAP_THRESHOLD, 1 << 30) and mallopt(_TRIM_THRESHOLD, _MOST))


def _one_holder() -> int:
    # What getrefcount says, called as in Tensor.backward(), of an array that one variable holds.
    table = {0: np.empty(1)}
    while table:
        _, g = table.popitem()
        count = sys.getrefcount(g)
    return count


ONE_HOLDER = _one_holder()
