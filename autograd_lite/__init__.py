"""Reverse-mode automatic differentiation at NumPy's scale and speed.

>>> import autograd_lite as ag
>>> x = ag.Tensor([1.0, 2.0, 3.0], requires_grad=True)
>>> y = (ag.sin(x) * x).sum()
>>> y.backward()
>>> x.grad.round(4)
array([ 1.3818,  0.077 , -2.8289])
"""

from . import errors
from .check import check_grads
from .checkpoint import checkpoint
from .functional import (
    grad,
    gradients,
    hessian,
    hvp,
    jacobian,
    jvp,
    stop_gradient,
    value_and_grad,
    vjp,
)
from .mode import detect_anomaly, enable_grad, is_grad_enabled, no_grad
from .op import Sample
from .ops.activation import *
from .ops.elementwise import *
from .ops.index import *
from .ops.joining import *
from .ops.linalg import *
from .ops.piecewise import *
from .ops.reduce import *
from .ops.shape import *
from .primitive import Primitive, composed, elementwise, primitive
from .tensor import Tensor
from .version import __version__
