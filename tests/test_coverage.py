"""Every public function of NumPy is differentiable here, plain, or out with a reason."""

from __future__ import annotations

import types

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.op import FUNCTIONS, NUMPY, PLAIN

# What takes no array that could be a Tensor, or has no derivative and is refused.
OUT = {
    "makes arrays from numbers": """asarray_chkfinite asmatrix bartlett blackman diag_indices
    from_dlpack frombuffer fromfunction fromiter fromregex fromstring hamming hanning indices kaiser
    mask_indices require tril_indices triu_indices fftfreq rfftfreq bmat""",
    "files, printing, settings, dtypes": """base_repr binary_repr broadcast_shapes
    format_float_positional format_float_scientific fromfile genfromtxt get_include get_printoptions
    getbufsize geterr geterrcall info isdtype isfortran isscalar issubdtype iterable load loadtxt
    mintypecode nested_iters printoptions promote_types set_printoptions setbufsize seterr
    seterrcall show_config show_runtime test typename""",
    "dates": "busday_count busday_offset datetime_as_string datetime_data is_busday",
    "works on memory or on Python objects": "as_strided frompyfunc",
    "an older name, a function that calls vstack": "row_stack",
}  # fmt: skip
EXCUSED = {name for names in OUT.values() for name in names.split()}
MODULES = (np, np.linalg, np.fft, np.emath, np.lib.stride_tricks)


def functions():
    for module in MODULES:
        for name in getattr(module, "__all__", None) or dir(module):
            f = getattr(module, name, None)
            if callable(f) and not isinstance(f, type | types.ModuleType) and name[0] != "_":
                yield name, f


def test_every_function_of_numpy_has_its_place():
    missing = {n for n, f in functions() if f not in NUMPY and f not in PLAIN} - EXCUSED
    assert not missing


def test_nothing_is_excused_that_works():
    works = {n for n, f in functions() if n in EXCUSED and f in NUMPY}
    assert not works


def test_every_name_of_numpy_is_ours_too():
    """What stands for ``np.f`` is ``ag.f``: in the same namespace, under every alias."""
    known = list(FUNCTIONS.values())
    spaces = {np: ag, np.linalg: ag.linalg, np.fft: ag.fft, np.emath: ag.emath}
    for module, ours in spaces.items():
        for name in module.__all__:
            f = getattr(module, name, None)
            recorded = callable(f) and not isinstance(f, type) and NUMPY.get(f) in known
            if recorded and name != "trapz":  # trapezoid's name before NumPy 2
                assert hasattr(ours, name), f"{module.__name__}.{name}"


REFUSED = [
    (lambda t: np.busday_count(t, t), "np.busday_count"),
    (lambda t: np.lib.stride_tricks.as_strided(t, (2,), (8,)), "as_strided"),
    (lambda t: np.array([t, t]), "np.array"),
    (lambda t: np.vectorize(float)(t), "np.vectorize"),
    (lambda t: np.frompyfunc(float, 1, 1)(t), "float"),
]


@pytest.mark.parametrize(("call", "text"), REFUSED, ids=[t for _, t in REFUSED])
def test_what_is_out_never_drops_a_graph_in_silence(call, text):
    t = ag.Tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(TypeError, match=text):
        call(t)
