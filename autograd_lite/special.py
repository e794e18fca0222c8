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

try:
    import scipy.special as _scipy_special  # noqa: F401 - for the sentence below
except ImportError as error:
    raise ImportError(
        "autograd_lite.special: SciPy is not installed; install it with "
        "pip install 'autograd-lite[special]'."
    ) from error

from .ops.airy import *
from .ops.bessels import *
from .ops.betas import *
from .ops.counts import *
from .ops.distributions import *
from .ops.elliptic import *
from .ops.faddeeva import *
from .ops.gammas import *
from .ops.goodness import *
from .ops.hypergeometric import *
from .ops.incomplete import *
from .ops.information import *
from .ops.integrals import *
from .ops.kelvin import *
from .ops.modified_bessels import *
from .ops.noncentral import *
from .ops.normal import *
from .ops.orthogonal import *
from .ops.spherical import *
from .ops.struve import *
from .ops.waves import *
from .ops.zetas import *
