"""The functions of ``scipy.special`` that have a derivative, under the same names. Needs SciPy.

They are also what ``scipy.special``'s own ufuncs do with a Tensor, so both spellings record:

>>> import autograd_lite as ag
>>> import scipy.special
>>> from autograd_lite import special
>>> x = ag.Tensor([0.5, 1.0, 2.0], requires_grad=True)
>>> scipy.special.gammaln(x).sum().backward()
>>> x.grad.round(4)
array([-1.9635, -0.5772,  0.4228])
>>> ag.grad(special.gammaln)(2.0).round(4)
np.float64(0.4228)
"""

# ruff: noqa: F403 - a namespace: all of these modules' names
from __future__ import annotations

from typing import TYPE_CHECKING as _TYPE_CHECKING, Any as _Any

try:
    import scipy.special as _scipy_special  # noqa: F401 - for the sentence below
except ImportError as error:
    raise ImportError(
        "autograd_lite.special: SciPy is not installed; install it with "
        "pip install 'autograd-lite[special]'."
    ) from error

from .ops.special.airy import *
from .ops.special.bessels import *
from .ops.special.betas import *
from .ops.special.counts import *
from .ops.special.distributions import *
from .ops.special.elliptic import *
from .ops.special.faddeeva import *
from .ops.special.gammas import *
from .ops.special.goodness import *
from .ops.special.hypergeometric import *
from .ops.special.incomplete import *
from .ops.special.information import *
from .ops.special.integrals import *
from .ops.special.kelvin import *
from .ops.special.modified_bessels import *
from .ops.special.noncentral import *
from .ops.special.normal import *
from .ops.special.orthogonal import *
from .ops.special.spherical import *
from .ops.special.struve import *
from .ops.special.waves import *
from .ops.special.zetas import *

if not _TYPE_CHECKING:  # to a type checker it would say that every name is here

    def __getattr__(name: str) -> _Any:
        from .missing import of_space

        known = [n for n in globals() if n[0] != "_" and n != "annotations"]
        raise of_space("special", name, known)
