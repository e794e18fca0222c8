"""Reverse-mode automatic differentiation at NumPy's scale and speed.

>>> import autograd_lite as ag
>>> x = ag.Tensor([1.0, 2.0, 3.0], requires_grad=True)
>>> y = (ag.sin(x) * x).sum()
>>> y.backward()
>>> x.grad.round(4)
array([ 1.3818,  0.077 , -2.8289])
"""

from typing import TYPE_CHECKING as _TYPE_CHECKING, Any as _Any

# First, and here: from within a stack of other imports it would take half as long again.
import numpy as _numpy

from . import errors as errors, linalg as linalg
from .checkpoint import checkpoint as checkpoint
from .functional import (
    grad as grad,
    gradients as gradients,
    hessian as hessian,
    hvp as hvp,
    jacobian as jacobian,
    jvp as jvp,
    stop_gradient as stop_gradient,
    value_and_grad as value_and_grad,
    vjp as vjp,
)
from .memory import reuse_memory as reuse_memory
from .methods import point_elsewhere as _point_elsewhere
from .mode import (
    detect_anomaly as detect_anomaly,
    enable_grad as enable_grad,
    is_grad_enabled as is_grad_enabled,
    no_grad as no_grad,
)
from .op import Sample as Sample
from .ops.activation import *
from .ops.counting import *
from .ops.creation import *
from .ops.decompositions import *
from .ops.differences import *
from .ops.elementwise import *
from .ops.factors import *
from .ops.fitting import *
from .ops.grids import *
from .ops.index import *
from .ops.joining import *
from .ops.matrices import *
from .ops.norms import *
from .ops.padding import *
from .ops.piecewise import *
from .ops.polynomials import *
from .ops.products import *
from .ops.rearranging import *
from .ops.reduce import *
from .ops.scans import *
from .ops.selection import *
from .ops.sets import *
from .ops.shape import *
from .ops.signal import *
from .ops.solve import *
from .ops.splitting import *
from .ops.statistics import *
from .ops.trigonometry import *
from .ops.ufuncs import *
from .ops.writing import *
from .primitive import (
    Primitive as Primitive,
    composed as composed,
    elementwise as elementwise,
    primitive as primitive,
)
from .scopes import scope as scope
from .tensor import Tensor as Tensor
from .version import __version__ as __version__

# Last, for it takes the place of the package of that name as an attribute.
from .listing import ops as ops  # isort: skip

if _TYPE_CHECKING:
    from . import emath as emath, fft as fft, special as special
    from .check import check_grads as check_grads
    from .derivation import check_derivation as check_derivation
    from .explanation import explain as explain
    from .ops.convolution import conv2d as conv2d
    from .ops.pooling import avg_pool2d as avg_pool2d, max_pool2d as max_pool2d
    from .viz import draw as draw, steps as steps

# Imported when first asked for, for few programs need one of them.
_LATER = {
    "avg_pool2d": "ops.pooling", "check_derivation": "derivation", "check_grads": "check",
    "conv2d": "ops.convolution", "draw": "viz", "explain": "explanation",
    "max_pool2d": "ops.pooling", "steps": "viz",
}  # fmt: skip
_SPACES = ("emath", "fft", "special")

_point_elsewhere(globals())


def __getattr__(name: str) -> _Any:
    from importlib import import_module

    if name in _LATER:
        return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
    if name in _SPACES:
        return import_module(f"{__name__}.{name}")
    from .missing import of_package

    raise of_package(name, globals(), (*_LATER, *_SPACES))


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATER, *_SPACES})
