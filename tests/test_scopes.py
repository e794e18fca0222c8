"""``ag.scope``: what is remembered, where, and that nothing is where none is open."""

from __future__ import annotations

import gc
import threading
import weakref

import numpy as np
import pytest
from drawings import leaf

import autograd_lite as ag
import nn
from autograd_lite import mode
from autograd_lite.errors import DTypeError


def scope_names(t):
    """Names of the scopes that a result was recorded in, outermost first."""
    found, scope = [], t._node.meta and t._node.meta.scope
    while scope:
        found.append(scope.name)
        scope = scope.parent
    return found[::-1]


def test_nothing_is_remembered_outside_of_scopes():
    x = leaf([1.0, 2.0])
    assert (x * 2)._node.meta is None
    with ag.scope("a"):
        pass
    assert ag.scope.anywhere == 0
    assert mode.alert == 0
    assert ag.tanh(x)._node.meta is None


def test_scopes_nest_and_close_after_errors():
    x = leaf([1.0, 2.0])
    with ag.scope("outer"):
        a = x * 2
        with pytest.raises(ZeroDivisionError), ag.scope("inner"):
            b = ag.tanh(x)
            raise ZeroDivisionError
        c = x.sum()
        assert ag.scope.current().name == "outer"
    assert ag.scope.current() is None
    assert (scope_names(a), scope_names(b), scope_names(c)) == (
        ["outer"], ["outer", "inner"], ["outer"],
    )  # fmt: skip
    assert mode.alert == 0


def test_one_scope_may_be_entered_again_and_inside_itself():
    x, part = leaf([1.0, 2.0]), ag.scope("part")
    with part:
        a = x * 2
        with part:
            b = x * 3
    with part:
        c = x * 4
    assert scope_names(b) == ["part", "part"]
    # Two entries are two groups.
    assert a._node.meta.scope is not c._node.meta.scope


def test_as_a_decorator_of_functions_and_generators():
    @ag.scope("twice")
    def twice(x):
        """Documented."""
        return x * 2

    @ag.scope("steps")
    def steps(x):
        yield x * 2
        yield x * 3

    x = leaf([1.0, 2.0])
    assert twice.__doc__ == "Documented."
    assert scope_names(twice(x)) == ["twice"]
    assert [scope_names(t) for t in steps(x)] == [["steps"], ["steps"]]
    assert ag.scope.anywhere == 0


def test_the_users_line_is_remembered():
    x = leaf([1.0, 2.0])
    with ag.scope():
        y = x * 2 + 1  # this very line
    assert y._node.meta.line.startswith("test_scopes.py:")
    assert "# this very line" in y._node.meta.line
    with ag.scope():
        out = nn.Linear(2, 1, rng=0)(x[None])  # through nn
    assert "# through nn" in out._node.meta.line


def test_scopes_hold_in_their_thread_only():
    x = leaf([1.0, 2.0])
    inside, done = threading.Event(), threading.Event()
    found = []

    def other():
        with ag.scope("other"):
            inside.set()
            done.wait(10)
            found.append(scope_names(x * 2))

    thread = threading.Thread(target=other)
    thread.start()
    inside.wait(10)
    assert ag.scope.current() is None
    assert (x * 2)._node.meta is None
    done.set()
    thread.join()
    assert found == [["other"]]
    assert ag.scope.anywhere == 0


def test_scopes_go_with_the_other_switches():
    x = leaf([1.0, 0.5])
    with ag.scope("a"), ag.no_grad():
        assert not (x * 2).requires_grad
        with ag.enable_grad():
            assert scope_names(x * 2) == ["a"]
    with ag.detect_anomaly(), ag.scope("b"):
        assert scope_names(ag.sqrt(x)) == ["b"]
    with ag.scope("c"):
        _, second, _ = np.linalg.svd(leaf(np.eye(2)))
        assert scope_names(second) == [] and second._node.parents[0].meta.scope.name == "c"
    assert mode.alert == 0


def test_constants_stay_with_the_graph():
    def loss(w):
        x = ag.Tensor([1.0, 2.0], name="x")
        return (w * x + np.array([5.0, 6.0])).sum()

    def shown(t):
        return [(c.name, c.remarks) for c in ag.draw(t).graph.cards if c.role != "output"]

    w = leaf([3.0, 4.0], "w")
    assert ("n2", ["value not kept"]) in shown(loss(w))
    with ag.scope():
        inside = loss(w)
    assert shown(inside) == [("w", []), ("x", []), ("n2", [])]


def test_a_graph_with_scopes_goes_when_it_is_dropped():
    model = nn.MLP(2, 3, 1, rng=0)
    with ag.scope():
        out = model(np.ones((2, 2))).sum()
    gc.collect()
    gc.disable()
    try:
        node = weakref.ref(out)
        del out
        assert node() is None
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_values_and_gradients_are_the_same_inside():
    x = leaf([[1.0, 2.0], [3.0, 4.0]])
    plain = ag.grad(lambda t: (ag.tanh(t @ t) * t).sum())(x.data)
    with ag.scope("a"):
        inside = ag.grad(lambda t: (ag.tanh(t @ t) * t).sum())(x.data)
    np.testing.assert_array_equal(plain, inside)


def test_a_name_is_a_str():
    with pytest.raises(DTypeError, match=r"^scope: got a name of type int, expected a str; write "):
        ag.scope(3)
