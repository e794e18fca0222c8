"""What an error proposes: the caller's own spelling, and what to write in its place."""

from __future__ import annotations

import cmath
import copy
import io
import math
import re

import numpy as np
import pytest
from numpy import full
from numpy.lib.stride_tricks import as_strided
from numpy.polynomial import polynomial

import autograd_lite as ag
import nn
import nn.missing
from autograd_lite import errors, methods, missing

T = ag.Tensor(np.arange(1.0, 7.0).reshape(2, 3), requires_grad=True)
S = ag.Tensor(2.0, requires_grad=True)
rng = np.random.default_rng(0)


@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
@pytest.mark.parametrize(
    ("convert", "name", "cure"),
    [
        (lambda: np.array([S, 1.0]), "np.array", "write ag.array(...)"),
        (lambda: np.asarray(T), "np.asarray", "write ag.array(...)"),
        (lambda: np.full(2, S), "np.full", "write ag.full"),
        (lambda: full((2,), S), "np.full", "write ag.full"),
        (lambda: math.sin(S), "math.sin", "write ag.sin"),
        (lambda: cmath.exp(S), "cmath.exp", "write ag.exp"),
        (lambda: np.r_[1, [S, S]], "np.r_", "write ag.r_[...]"),
        (lambda: np.arange(S), "np.arange", "start + step * np.arange(n)"),
        (lambda: np.vectorize(math.sin)(T), "np.vectorize", "the whole Tensor"),
        (lambda: rng.normal(S), "rng.normal", "loc + scale * rng.standard_normal(size)"),
        (lambda: np.random.normal(S), "np.random.normal", "loc + scale"),  # noqa: NPY002
        (lambda: range(S), "range", "an index has no derivative"),  # type: ignore[call-overload]
        (lambda: [1, 2, 3][S], "index", "an index has no derivative"),  # type: ignore[call-overload]
        (lambda: np.eye(S), "np.eye", "an index has no derivative"),
        (lambda: np.linspace(0, 1, S), "np.linspace", "an index has no derivative"),
        (lambda: float(S), "float", "t.data"),
        (lambda: polynomial.polyval(2.0, T), "polyval", "ag.polyval(c[::-1], x)"),
        (lambda: np.matrix(T), "np.matrix", "t.data"),
        (lambda: np.asmatrix(T), "np.asmatrix", "t.data"),
        (lambda: np.ascontiguousarray(T), "np.ascontiguousarray", "write ag.array("),
        (lambda: as_strided(T, (2,)), "as_strided", "t.data"),
    ],
)
def test_a_conversion_is_told_in_the_callers_words(convert, name, cure):
    with pytest.raises(errors.ConversionError) as caught:
        convert()
    text = str(caught.value)
    assert re.fullmatch(rf"(?:.*\.)?{re.escape(name)}", text.partition(":")[0])
    assert cure in text
    assert "records its graph, which a conversion would drop in silence" in text
    assert text.endswith("t.data (or t.item(), t.detach()) is its plain value.")


def test_scipys_functions_have_spellings_here():
    linalg, special = pytest.importorskip("scipy.linalg"), pytest.importorskip("scipy.special")
    for convert, name in (
        (lambda: special.softmax(T), "special.softmax"),
        (lambda: special.logsumexp(T), "special.logsumexp"),
        (lambda: linalg.solve(T, T), "linalg.solve"),
    ):
        with pytest.raises(errors.ConversionError) as caught:
            convert()
        assert str(caught.value).startswith(f"scipy.{name}: got a Tensor of shape (2, 3)")
        assert f"write autograd_lite.{name}, which records" in str(caught.value)


def refused(convert):
    with pytest.raises(TypeError) as caught:
        convert()
    return str(caught.value)


P, Q = T[0, 0], T[0, 1]


@pytest.mark.parametrize(
    "convert",
    [
        lambda: "loss %.4f" % S,  # noqa: UP031 - the form is what is tested
        lambda: "epoch %d loss %.4f" % (3, S),  # noqa: UP031
        lambda: FORM % S,
    ],
)
def test_a_format_is_told_to_take_the_number(convert):
    text = refused(convert)
    assert text.startswith("string formatting with %: got a Tensor of shape ()")
    assert "in a format write t.item() (f-strings and format() take t itself)" in text
    assert FORM % S.item() == f"loss {S:.2f}" == "loss {:.2f}".format(S) == "loss 2.00"  # noqa: UP032


FORM = "loss %.2f"


@pytest.mark.parametrize(
    ("convert", "start"),
    [
        (lambda: np.eye(2)[0] * [P, Q], "operator *:"),
        (lambda: np.zeros(2) + (P, Q), "operator +:"),  # noqa: RUF005
        (lambda: [P, Q] - np.zeros(2), "operator -:"),
        (lambda: np.zeros(2) < (P, Q), "operator <:"),
        (lambda: np.zeros(
            2) @ [P, Q], "operator @:"),
    ],
)  # fmt: skip
def test_an_operator_with_a_list_is_told_to_make_it_a_tensor(convert, start):
    text = refused(convert)
    assert text.startswith(start)
    assert "make the list a Tensor first, ag.array([...]), which records" in text


@pytest.mark.parametrize(
    ("convert", "start", "cure"),
    [
        (lambda: np.arange(4.0).searchsorted(T[0]), "searchsorted:", "write np.searchsorted(...)"),
        (lambda: np.eye(3).dot([P, P, Q]), "dot:", "write ag.dot, which records"),
        (lambda: np.zeros(3)[P], "index:", "an index has no derivative"),
        (lambda: np.maximum.reduce([T, T]), "np.maximum.reduce:", "write ag.maximum.reduce(...)"),
        (lambda: np.add.outer([P], [P]), "np.add.outer:", "write ag.add.outer(...)"),
        (lambda: np.add(
            [P, Q], 1), "np.add:", "write ag.add, which records"),
        (lambda: np.ma.array(T, mask=False), "np.ma.array:", "np.where(mask, other, t)"),
        (lambda: np.ma.masked_array(T), "np.ma.MaskedArray:", "np.where(mask, other, t)"),
        (lambda: rng.choice(T), "rng.choice:", "t[rng.choice(len(t), n)]"),
        (lambda: rng.permutation(T), "rng.permutation:", "t[rng.permutation(len(t))]"),
        (lambda: rng.permuted(T), "rng.permuted:", "t[rng.permutation(len(t))]"),
        (lambda: np.random.default_rng(0).permutation(T), "permutation:", "t[rng.permutation("),
    ],
)  # fmt: skip
def test_the_function_named_is_the_one_called(convert, start, cure):
    text = refused(convert)
    assert text.startswith(start)
    assert cure in text
    assert "loc + scale" not in text
    assert "ag.array(...)" not in text


def test_functions_of_lists_have_their_public_names():
    special = pytest.importorskip("scipy.special")
    expit = special.expit
    assert "write autograd_lite.special.expit, which records" in refused(lambda: expit([P, Q]))
    if hasattr(special, "sph_harm_y"):
        text = refused(lambda: special.sph_harm_y(0, 0, [P, Q], 1))
        assert text.startswith("scipy.special.sph_harm_y:")


def test_what_meets_a_sparse_matrix_or_a_table_is_told_to_convert_that():
    sparse = pytest.importorskip("scipy.sparse")
    if np.lib.NumpyVersion(pytest.importorskip("scipy").__version__) < "1.15.0":
        pytest.skip("older SciPys ask other things of what they meet")
    M = sparse.eye(3).tocsr()
    t = T[0]
    for convert, start in (
        (lambda: M @ t, "operator @:"), (lambda: t @ M, "operator @:"),
        (lambda: M.dot(t), "M.dot:"), (lambda: M.multiply(t), "M.multiply:"),
    ):  # fmt: skip
        text = refused(convert)
        assert text.startswith(start)
        assert "write S.toarray() in place of the sparse matrix S" in text
    assert (M.toarray() @ t).tolist() == t.tolist()
    # As pandas does it: Python code of a library, which makes an array of the other operand.
    source = "class Series:\n    def __sub__(self, other):\n        return array(other)\n"
    space = {"__name__": "pandas.core.series", "array": np.asarray}
    exec(compile(source, "/x/site-packages/pandas/series.py", "exec"), space)
    column = space["Series"]()
    text = refused(lambda: column - t)
    assert text.startswith("operator -:")
    assert "write df.to_numpy() in place of the table df" in text


def test_writing_into_an_array_is_told_to_make_it_a_tensor():
    out = np.zeros(3)
    with pytest.raises(ValueError, match="sequence") as caught:
        out[0] = S
    assert "make that a Tensor first (out = ag.Tensor(out))" in str(caught.value.__cause__)


def test_where_there_is_no_source_the_advice_is_general():
    with pytest.raises(errors.ConversionError, match=r"np\.asarray: .*ag\.array.*ag\.Tensor\(out"):
        eval("np.array([S, 1.0])")


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("arctan", "; write ag.arctan(t)"), ("view", "; write t.reshape(shape)"),
        ("unsqueeze", "; write ag.expand_dims(t, axis)"), 
        ("xyzzy", "attribute 'xyzzy'"), ("__xyzzy__", "attribute '__xyzzy__'"),
    ],
)  # fmt: skip
def test_a_missing_attribute_of_a_tensor(name, hint):
    with pytest.raises(AttributeError) as caught:
        getattr(T, name)
    assert str(caught.value).endswith(hint)


BESIDE = {
    "ag": ag, "np": np, "axes": (0,), "axis": 0, "c": np.eye(2), "condition": True,
    "conditions": [True, False], "condlist": [True], "deg": 1, "destination": 0, "dtype": float,
    "f": np.sum, "fp": [0.0, 1.0], "funclist": [ag.sin], "high": 2.0, "index": np.array([[0, 1]]),
    "indices": [[0, 1]], "indices_or_sections": 1, "k": 2, "low": 0.0, "mask": True, "n": 2,
    "obj": 0, "pad_width": 1, "q": 0.5, "reps": 2, "s": (4, 2, 2), "shape": -1, "shift": 1,
    "source": 0, "src": 1.0, "start": 0, "stop": 2.0, "subscripts": "...->...", "val": 1.0,
    "vals": [1.0], "values": [1.0], "window_shape": (1, 1), "x": 0.5, "xp": [0.0, 9.0],
}  # fmt: skip
MASK = np.eye(2, dtype=bool)
OTHERWISE = {
    "bincount": {"t": ag.Tensor([1, 2])}, "broadcast_to": {"shape": (3, 2, 2)},
    "cross": {"t": ag.Tensor([1.0, 2.0, 3.0]), "u": ag.Tensor([1.0, 2.0, 4.0])},
    "dsplit": {"t": ag.Tensor(np.ones((2, 2, 2)))}, "grad_fn": {"t": T * 2.0},
    "ldexp": {"u": ag.Tensor([1, 2])}, "new_full": {"shape": 2}, "new_ones": {"shape": 2},
    "new_zeros": {"shape": 2}, "narrow": {"stop": 1}, "permute": {"axes": (1, 0)},
    "piecewise": {"condlist": [MASK]}, "place": {"mask": MASK}, "polyval": {"x": 2.0},
    "putmask": {"mask": MASK}, "scatter_": {"u": 1.0},
    "tensorinv": {"t": ag.Tensor(np.eye(6).reshape(2, 3, 6))},
    "tensorsolve": {"t": ag.Tensor(np.eye(4).reshape(2, 2, 2, 2))},
}  # fmt: skip
LINES = """append bincount convolve correlate cumulative_prod cumulative_sum delete histogram2d
    insert interp linspace multi_dot poly polyadd polydiv polyfit polyint polymul polysub polyder
    polyval roots trim_zeros vander vecdot""".split()


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::RuntimeWarning")
@pytest.mark.parametrize("name", sorted(methods._POINTED))
def test_what_is_proposed_works(name):
    with pytest.raises(AttributeError) as caught:
        getattr(T, name)
    code = str(caught.value).partition("; write ")[2].partition(", or ")[0]
    if code.startswith("the code without it"):
        assert name in ("cuda", "device", "is_cuda")
        return
    if "special" in code:
        pytest.importorskip("scipy.special")
    matrix = np.array([[2.0, 0.5], [0.5, 3.0]])
    t = ag.Tensor(matrix[0] if name in LINES else matrix)
    known = BESIDE | {"t": t, "u": t.copy()} | OTHERWISE.get(name, {})
    exec(code, known)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("where", "ag.where(condition, t, u)"), ("quantile", "ag.quantile(t, q)"),
        ("matmul", "t @ u"), ("concatenate", "ag.concatenate([t, u])"),
        ("arctan2", "ag.arctan2(t, u)"), ("roll", "ag.roll(t, shift)"), ("t", "t.T"),
        ("cuda", "the code without it: every Tensor is in the memory of the CPU"),
        ("masked_fill", "ag.where(mask, x, t)"), ("base", "t.data.base"),
    ],
)  # fmt: skip
def test_the_proposal_has_its_arguments(name, hint):
    with pytest.raises(AttributeError) as caught:
        getattr(T, name)
    assert str(caught.value) == f"'Tensor' object has no attribute {name!r}; write {hint}"
    assert name not in dir(T)
    assert not hasattr(T, name)


PLAIN = "which takes Tensors and gives plain values"


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("Relu", "; did you mean 'relu'?"), ("sigmod", "; did you mean 'sigmoid'?"),
        ("argsort", f"; write np.argsort(...), {PLAIN}"), ("any", f"; write np.any(...), {PLAIN}"),
        ("isnan", f"; write np.isnan(...), {PLAIN}"), ("inf", "; write np.inf"),
        ("newaxis", "; write np.newaxis"), ("float32", "; write np.float32"),
        ("ix_", "; write np.ix_(...), which takes Tensors"),
        ("hanning", "; write np.hanning(...)"), ("mul", "; write t * u"),
        ("cat", "; write ag.concatenate(tensors, axis)"),
        ("fftshift", "; write autograd_lite.fft.fftshift"),
        ("Adam", "; write nn.Adam, of the package nn"),
        ("linagl", "; did you mean 'linalg'?"), ("anomali", "attribute 'anomali'"),
        ("lax", "attribute 'lax'"), ("tree_map", "attribute 'tree_map'"),
        ("__sin__", "attribute '__sin__'"), ("RuntimeWarning", "attribute 'RuntimeWarning'"),
    ],
)  # fmt: skip
def test_a_missing_name_of_the_package(name, hint):
    with pytest.raises(AttributeError, match="has no attribute") as caught:
        getattr(ag, name)
    assert str(caught.value).endswith(hint)


SPOKEN = set(
    """Function autograd cuda custom_vjp device device_put embedding func jit load log_prob
    manual_seed nn numpy optim pmap random set_grad_enabled vmap""".split()
)


@pytest.mark.parametrize("name", [n for n in missing.TOP if n not in SPOKEN])
def test_what_is_proposed_for_a_missing_name_works(name):
    if "special" in missing.TOP[name]:
        pytest.importorskip("scipy.special")
    assert not hasattr(ag, name)
    code = re.split(", (?:of|which|and|or) ", missing.TOP[name])[0]
    vector = ag.Tensor([3.0, 1.0, 2.0], requires_grad=True)
    known = {
        "ag": ag, "np": np, "nn": nn, "f": ag.sin, "rng": rng, "seed": 0, "t": vector * 1.0,
        "u": vector, "x": np.ones(3), "a": np.eye(3), "b": np.eye(3), "c": 1.0, "tensors": [T, T],
        "axis": 0, "axes": (0,), "n": 3, "k": 2, "low": 0, "high": 2, "shape": (3, 1), "size": 2,
        "index": np.array([0, 1, 1]), "indices": [0], "mask": [True, False, True], "value": 0.0,
        "other": 0.0, "p": np.full(3, 1 / 3), "loc": 0.0, "scale": 2.0, "file": io.BytesIO(),
    }  # fmt: skip
    if name in ("logdet", "cdist", "bernoulli"):
        known |= {"t": ag.Tensor(np.eye(2)), "p": 0.5}
    if name == "backward":
        known["t"] = S * 1.0
    if name == "item":
        known["t"] = S
    eval(code, known)


@pytest.mark.parametrize(
    ("space", "name", "hint"),
    [
        ("linalg", "nrom", "; did you mean 'norm'?"),
        ("linalg", "logdet", "; write ag.linalg.slogdet(a).logabsdet"),
        ("linalg", "sin", "; write ag.sin"), ("fft", "fftshft", "; did you mean 'fftshift'?"),
        ("fft", "xyzzy", "attribute 'xyzzy'"), ("linalg", "__sin__", "attribute '__sin__'"),
    ],
)  # fmt: skip
def test_a_missing_name_of_a_space(space, name, hint):
    with pytest.raises(AttributeError, match=f"module 'autograd_lite.{space}'") as caught:
        getattr(getattr(ag, space), name)
    assert str(caught.value).endswith(hint)


@pytest.mark.parametrize("name", ["comb", "perm"])
def test_functions_of_scipy_without_a_rule(name):
    special = pytest.importorskip("scipy.special")
    assert callable(getattr(special, name))
    for home in (ag, ag.special):
        with pytest.raises(AttributeError, match=f"special.{name} has no derivative rule here"):
            getattr(home, name)
    with pytest.raises(AttributeError, match=r"; write ag\.special\.gammaln\(t\)$"):
        ag.special.lgamma  # noqa: B018 - asking is what is tested
    with pytest.raises(AttributeError, match=r"; did you mean 'gammaln'\?$"):
        ag.special.gamaln  # noqa: B018


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("Linaer", "; did you mean 'Linear'?"), ("CrossEntropy", "'CrossEntropyLoss'?"),
        ("no_grad", "; write ag.no_grad(), of import autograd_lite as ag"),
        ("Conv1d", "; write nn.Conv2d, on an axis of size 1"), ("xyzzy", "attribute 'xyzzy'"),
        ("__wrapped__", "attribute '__wrapped__'"),
    ],
)  # fmt: skip
def test_a_missing_name_of_nn(name, hint):
    with pytest.raises(AttributeError, match="module 'nn' has no attribute") as caught:
        getattr(nn, name)
    assert str(caught.value).endswith(hint)


@pytest.mark.parametrize("name", nn.missing.INSTEAD)
def test_what_nn_proposes_is_there(name):
    assert not hasattr(nn, name)
    for module, found in re.findall(r"\b(ag|nn)\.(\w+)", nn.missing.INSTEAD[name]):
        assert hasattr({"ag": ag, "nn": nn}[module], found)


def test_a_name_of_the_special_functions():
    pytest.importorskip("scipy.special")
    with pytest.raises(AttributeError, match=r"'gammaln'; write autograd_lite\.special\.gammaln"):
        ag.gammaln  # noqa: B018 - asking is what is tested


@pytest.mark.parametrize(
    ("do", "error", "text"),
    [
        (lambda: T < np.ones((2, 5)), errors.ShapeError, r"less: got shapes \(2, 3\) and \(2, 5\)"),
        (lambda: np.equal(np.ones(5), T), errors.ShapeError, r"equal: .*\(5,\) and \(2, 3\)"),
        (lambda: np.clip(T, np.ones(5), 2), errors.ShapeError, "clip: .*axis -1 to be equal or 1"),
        (lambda: np.clip(T, 0, 1, where=T > 2), errors.UnsupportedError, "clip: got where="),
        (lambda: ag.Tensor([1, 2]) ** -1, errors.ArgumentError, r"power: .*x\.astype\(float\)"),
        (lambda: len(S), errors.DTypeError, r"len: got a Tensor of shape \(\)"),
        (lambda: list(S), errors.DTypeError, r"iteration: got a Tensor of shape \(\)"),
        (lambda: f"{T:.3f}", errors.DTypeError, r"format: got '.3f' .* shape \(2, 3\)"),
        (lambda: copy.copy(T * 2), errors.GraphError, r"t\.copy\(\), .* t\.data or t\.detach\(\)"),
        (lambda: (S * 2).backward(create_graph=True), errors.UnsupportedError,
         r"backward: got create_graph=True.*gradients\(loss, inputs, create_graph=True\)"),
        (lambda: np.tile(T, -1), errors.ArgumentError, r"tile: got reps=\(1, -1\)"),
        (lambda: np.sort(T, kind="foo"), errors.ArgumentError, "sort: got kind='foo'"),
        (lambda: np.fft.fft(T, axis=5), IndexError, "fft: got axis=5, expected between -2 and 1"),
        (lambda: np.fft.irfft(S), IndexError, "irfft: got axis=-1, expected none"),
        (lambda: np.frompyfunc(math.sin, 1, 1)(T), TypeError, "np.frompyfunc: .*sin is called"),
        (lambda: np.logaddexp.reduce(T * 1j), errors.DTypeError, r"np\.logaddexp\.reduce: "),
        (lambda: np.char.upper(T), TypeError, "upper: got a Tensor"),
    ],
)  # fmt: skip
def test_refusals(do, error, text):
    with pytest.raises(error, match=text) as caught:
        do()
    assert isinstance(caught.value, errors.AutogradError)


def test_what_is_like_an_array_is_taken():
    class Column:
        def __array__(self, dtype=None, copy=None):
            return np.array([1.0, 2.0, 3.0], dtype)

    assert (T + range(3)).tolist() == [[1, 3, 5], [4, 6, 8]]
    assert (range(3) * T).tolist() == [[0, 2, 6], [0, 5, 12]]
    assert ag.multiply(T, Column()).tolist() == [[1, 4, 9], [4, 10, 18]]
    assert np.add(T, 1, order="C").requires_grad


@pytest.mark.parametrize(
    ("do", "text"),
    [
        (lambda: T.sum(dim=1), "sum: got the argument 'dim', .*; write axis="),
        (lambda: ag.sum(T, keepdim=True), "sum: got the argument 'keepdim', .*; write keepdims="),
        (lambda: T.softmax(dim=1), "softmax: got the argument 'dim', .*; write axis="),
        (lambda: T.copy().sort(dim=1), "sort: got the argument 'dim'; write axis="),
        (lambda: T.argmax(dim=1), "argmax: got the argument 'dim'; write axis="),
        (lambda: T.repeat(2, dim=1), "repeat: got the argument 'dim'; write axis="),
        (lambda: T.var(unbiased=True), "var: got the argument 'unbiased'; write ddof=1 for True"),
        (lambda: T.sum(axes=1), "sum: got the argument 'axes', .*did you mean 'axis'"),
    ],
)
def test_keywords_of_pytorch_are_told_numpys(do, text):
    with pytest.raises(errors.AutogradError, match=text) as caught:
        do()
    assert isinstance(caught.value, TypeError)
    with pytest.raises(TypeError, match="xyz"):
        T.var(xyz=1)


def square(x, **rest):
    return x * x


@pytest.mark.parametrize(
    ("do", "text"),
    [
        (lambda: ag.grad(square)(x=3.0), r"no positional argument; .* by position, grad\(f\)\(x\)"),
        (lambda: ag.grad(square)(3), "got dtype int64 as argument 0, .*; write 3.0."),
        (lambda: ag.grad(square)(np.arange(3)), r"int64 as argument 0, .*x\.astype\(float\)"),
        (lambda: ag.grad(square)(None), "got NoneType as argument 0, .* goes by keyword"),
        (lambda: ag.grad(square)("a"), "got str as argument 0, .* goes by keyword"),
        (lambda: ag.grad(square)(np.array([None])), "got dtype object as argument 0, .*by keyword"),
        (lambda: ag.grad(square)({"a": 1.0, "b": [2.0, 3]}), r"as argument 0\['b'\]\[1\], .*3\.0"),
        (lambda: ag.grad(max, (0, 1))(1.0, ag.Tensor([1])), "dtype int64 as argument 1, .*astype"),
        (lambda: ag.grad(lambda x: x * 1j)(1.0), r"grad: got .*\(abs, real, imag\)\.$"),
        (lambda: ag.hvp(lambda x: x * 1j, 1.0, 1.0), r"hvp: got .*\(abs, real, imag\)\.$"),
        (lambda: (S * 1j).backward(), r"\(abs, real, imag\), or pass gradient=\.$"),
    ],
)  # fmt: skip
def test_what_cannot_be_differentiated_is_named(do, text):
    with pytest.raises((TypeError, ValueError), match=text) as caught:
        do()
    assert isinstance(caught.value, errors.AutogradError)
    assert ag.grad(square)(3.0, x_is=None) == 6
