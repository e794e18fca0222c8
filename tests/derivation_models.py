"""More derivations in plain NumPy: softmax, normalisation, attention, convolution, and others.

Each model is a function ``(rng) -> Model``: what a user would write, with every mistake under a
name; and for each mistake the step where it is made and the diagnoses that are right for it.
"""

from __future__ import annotations

import numpy as np
from derivation_corpus import GENERAL, OUTSIDE, Case, _same, _simple, _values, distort, general

import autograd_lite as ag
import nn


class Model:
    """A forward function, a derivation with mistakes, inputs, and what each mistake is."""

    def __init__(self, name, forward, hand, inputs, mistakes):
        self.name = name
        self.forward = forward
        self.raw = hand
        self.inputs = inputs
        self.table = mistakes

    def hand(self, kind=None, at=None):
        def gradients(v):
            found = self.raw(v, kind)
            if at is not None:
                rng = np.random.default_rng(5)
                made = (
                    distort(found[at], kind, rng)
                    if kind in OUTSIDE
                    else general(found[at], kind, rng)
                )
                if made is None:
                    raise ValueError("does not apply")
                found[at] = made if kind in OUTSIDE else made[0]
            return found

        return gradients

    def cases(self, rng):
        """The right derivation in both forms, and every mistake."""
        for form in "fa":
            yield Case(self.name, self.forward, self.hand(), self.inputs, form=form)
        tensors = {
            k: ag.Tensor(x, requires_grad=x.dtype.kind == "f", name=k)
            for k, x in self.inputs.items()
        }
        point = {**self.inputs, **_values(self.forward(tensors))}
        right = self.raw(point, None)
        for kind, (at, diagnosis) in self.table.items():
            wrong = self.raw(point, kind)
            if at in right and _same(right[at], wrong[at]):
                continue
            for form in "fa":
                title = f"{self.name} {form}: {kind} at {at}"
                yield Case(title, self.forward, self.hand(kind), self.inputs, [at], diagnosis,
                           form=form)  # fmt: skip
        for at in right:
            for kind in (*GENERAL, *OUTSIDE):
                if rng.random() < 0.6:
                    continue
                made = general(right[at], kind, rng) if kind in GENERAL else (None, None)
                if made is None or (kind == "1.7" and right[at].size < 2):
                    continue
                diagnosis = made[1]
                wrong = (
                    distort(right[at], kind, np.random.default_rng(5))
                    if kind in OUTSIDE
                    else made[0]
                )
                if _same(right[at], wrong) or (kind in OUTSIDE and _simple(right[at], wrong)):
                    continue
                # The same mistake for steps that follow, which the user's code computes from it.
                hand = self.hand(kind, at)
                title = f"{self.name}: {kind} at {at}"
                form = "fa"[int(rng.integers(2))]
                yield Case(title, self.forward, hand, self.inputs, [at], diagnosis, form=form)


def soft(z, axis=-1):
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


WRONG = ("wrong_local_derivative",)


def softmax_model(rng):
    n, d, k = rng.integers(2, 6), rng.integers(2, 5), rng.integers(3, 6)
    written_out = rng.random() < 0.5
    inputs = {
        "X": rng.normal(size=(n, d)), "W": rng.normal(size=(d, k)), "b": rng.normal(size=k),
        "y": np.eye(k)[rng.integers(k, size=n)],
    }  # fmt: skip

    def forward(v):
        z = (v["X"] @ v["W"] + v["b"]).named("z")
        if written_out:
            e = np.exp(z - z.max(axis=1, keepdims=True))
            p = e / e.sum(axis=1, keepdims=True)
        else:
            p = ag.softmax(z)
        p = p.named("p")
        return -(v["y"] * np.log(p)).sum() / len(v["y"].data)

    def hand(v, kind):
        p, y, N = v["p"], v["y"], len(v["y"])
        dp = -y / p / N
        if kind == "no N":
            dp = dp * N
        if kind == "no 1/p":
            dp = -y / N + 0 * p
        if kind == "p for 1/p":
            dp = -y * p / N
        if kind == "1/p²":
            dp = y / p**2 / N
        dz = p * (dp - (dp * p).sum(axis=1, keepdims=True))
        if kind == "no cross":
            dz = p * dp
        if kind == "diagonal":
            dz = dp * p * (1 - p)
        if kind == "axis":
            dz = p * (dp - (dp * p).sum(axis=0, keepdims=True))
        if kind == "everywhere":
            dz = p * (dp - (dp * p).sum())
        if kind == "passed on":
            dz = dp
        return {"p": dp, "z": dz, "W": v["X"].T @ dz, "b": dz.sum(axis=0)}

    return Model("softmax", forward, hand, inputs, {
        "no N": ("p", ("mean_vs_sum",)), "no 1/p": ("p", (*WRONG, "missing_factor")),
        "p for 1/p": ("p", WRONG), "1/p²": ("p", WRONG), "no cross": ("z", WRONG),
        "diagonal": ("z", (*WRONG, "wrong_activation_formula")), "axis": ("z", ("wrong_axis",)),
        "everywhere": ("z", ("wrong_axis",)),
        "passed on": ("z", (*WRONG, "missing_factor", "missing_activation_derivative")),
    })  # fmt: skip


def fused_model(rng):
    n, d, k = rng.integers(2, 6), rng.integers(2, 5), rng.integers(3, 6)
    inputs = {
        "X": rng.normal(size=(n, d)), "W1": rng.normal(size=(d, 4)), "b1": rng.normal(size=4),
        "W2": rng.normal(size=(4, k)), "b2": rng.normal(size=k), "y": rng.integers(k, size=n),
    }  # fmt: skip

    def forward(v):
        z1 = (v["X"] @ v["W1"] + v["b1"]).named("z1")
        h = ag.relu(z1).named("h")
        z2 = (h @ v["W2"] + v["b2"]).named("z2")
        return nn.cross_entropy(z2, v["y"])

    def hand(v, kind):
        N = len(v["X"])
        dz2 = soft(v["z2"])
        if kind != "no target":
            dz2[np.arange(N), v["y"]] -= 1
        if kind == "plus":
            dz2 = -dz2
        if kind != "no N":
            dz2 = dz2 / N
        if kind == "slope":
            p = soft(v["z2"])
            dz2 = dz2 * p * (1 - p)
        dh = dz2 @ v["W2"].T
        dz1 = dh * (v["z1"] > 0)
        if kind == "no mask":
            dz1 = dh
        if kind == "mask of g":
            dz1 = dh * (dh > 0)
        return {
            "z2": dz2, "W2": v["h"].T @ dz2, "b2": dz2.sum(axis=0), "h": dh, "z1": dz1,
            "W1": v["X"].T @ dz1, "b1": dz1.sum(axis=0),
        }  # fmt: skip

    return Model("fused", forward, hand, inputs, {
        "no target": ("z2", ("missing_term",)), "plus": ("z2", ("sign",)),
        "no N": ("z2", ("mean_vs_sum",)), "slope": ("z2", ("extra_activation_derivative",)),
        "no mask": ("z1", ("missing_activation_derivative",)),
        "mask of g": ("z1", ("wrong_mask",)),
    })  # fmt: skip


def layer_norm(rng):
    n, d = rng.integers(2, 6), rng.integers(3, 6)
    inputs = {
        "x": rng.normal(size=(n, d)), "gamma": rng.normal(size=d), "beta": rng.normal(size=d),
        "t": rng.normal(size=(n, d)),
    }  # fmt: skip
    eps = 1e-5

    def forward(v):
        x = v["x"]
        mu = x.mean(axis=1, keepdims=True)
        var = ((x - mu) ** 2).mean(axis=1, keepdims=True)
        xn = ((x - mu) / np.sqrt(var + eps)).named("xn")
        y = (v["gamma"] * xn + v["beta"]).named("y")
        return 0.5 * ((y - v["t"]) ** 2).sum()

    def hand(v, kind):
        dy = v["y"] - v["t"]
        dg = (dy * v["xn"]).sum(axis=0)
        if kind == "gamma unsummed":
            dg = dy * v["xn"]
        if kind == "gamma by x":
            dg = (dy * v["x"]).sum(axis=0)
        db = dy.sum(axis=0)
        if kind == "beta rows":
            db = dy.sum(axis=1)
        if kind == "beta mean":
            db = dy.mean(axis=0)
        dxn = dy * v["gamma"]
        if kind == "no gamma":
            dxn = dy
        if kind == "by beta":
            dxn = dy * v["beta"]
        x = v["x"]
        s = np.sqrt(x.var(axis=1, keepdims=True) + eps)
        xn = v["xn"]
        mean = dxn.mean(axis=1, keepdims=True)
        cross = xn * (dxn * xn).mean(axis=1, keepdims=True)
        dx = (dxn - mean - cross) / s
        if kind == "no mean":
            dx = (dxn - cross) / s
        if kind == "no variance":
            dx = (dxn - mean) / s
        if kind == "neither":
            dx = dxn / s
        if kind == "no s":
            dx = dxn - mean - cross
        return {"y": dy, "gamma": dg, "beta": db, "xn": dxn, "x": dx}

    return Model("layer norm", forward, hand, inputs, {
        "gamma unsummed": ("gamma", ("missing_batch_sum",)),
        "gamma by x": ("gamma", ("wrong_operand",)), "beta rows": ("beta", ("wrong_axis",)),
        "beta mean": ("beta", ("mean_vs_sum",)), "no gamma": ("xn", ("missing_factor",)),
        "by beta": ("xn", ("wrong_operand",)),
        "no mean": ("x", ("missing_term", "fanout_overwrite")),
        "no variance": ("x", ("missing_term", "fanout_overwrite")),
        "neither": ("x", ("missing_term", "fanout_overwrite")),
        "no s": ("x", ("missing_factor", *WRONG)),
    })  # fmt: skip


def attention(rng):
    n, d, k = rng.integers(3, 6), rng.integers(2, 5), rng.choice([2, 3, 5])
    m = lambda *s: rng.normal(size=s)
    inputs = {"X": m(n, d), "Wq": m(d, k), "Wk": m(d, k), "Wv": m(d, k), "T": m(n, k)}

    def forward(v):
        Q, K, V = ((v["X"] @ v[w]).named(w[1].upper()) for w in ("Wq", "Wk", "Wv"))
        S = (Q @ K.T / np.sqrt(k)).named("S")
        P = ag.softmax(S).named("P")
        O = (P @ V).named("O")
        return 0.5 * ((O - v["T"]) ** 2).sum()

    def hand(v, kind):
        P, root = v["P"], np.sqrt(k)
        dO = v["O"] - v["T"]
        dV = (P if kind == "P for PT" else P.T) @ dO
        dP = dO @ v["V"].T
        if kind == "K for V":
            dP = dO @ v["K"].T
        dS = P * (dP - (dP * P).sum(axis=1, keepdims=True))
        if kind == "no cross":
            dS = P * dP
        dQ = dS @ v["K"] / root
        if kind == "no root":
            dQ = dQ * root
        if kind == "Q for K":
            dQ = dS @ v["Q"] / root
        dK = (dS if kind == "S for ST" else dS.T) @ v["Q"] / root
        X = v["X"]
        parts = [dQ @ v["Wq"].T, dK @ v["Wk"].T, dV @ v["Wv"].T]
        if kind == "no V path":
            parts = parts[:2]
        if kind == "only Q":
            parts = parts[:1]
        return {
            "O": dO, "P": dP, "V": dV, "S": dS, "Q": dQ, "K": dK, "Wq": X.T @ dQ, "Wk": X.T @ dK,
            "Wv": X.T @ (dK if kind == "delta" else dV), "X": sum(parts),
        }  # fmt: skip

    return Model("attention", forward, hand, inputs, {
        "P for PT": ("V", ("transposed_operand",)), "K for V": ("P", ("wrong_operand",)),
        "no cross": ("S", WRONG), "no root": ("Q", ("factor",)),
        "Q for K": ("Q", ("wrong_operand",)),
        "S for ST": ("K", ("transposed_operand",)),
        "no V path": ("X", ("fanout_overwrite", "missing_term")),
        "only Q": ("X", ("fanout_overwrite", "missing_term")), "delta": ("Wv", ("wrong_operand",)),
    })  # fmt: skip


def convolution(rng):
    n, length, size = rng.integers(2, 4), rng.integers(5, 8), 3
    m = length - size + 1
    inputs = {
        "x": rng.normal(size=(n, length)), "w": rng.normal(size=size), "b": rng.normal(size=1),
        "t": rng.normal(size=(n, m)),
    }  # fmt: skip

    def forward(v):
        z = v["b"]
        for k in range(size):
            z = z + v["x"][:, k : k + m] * v["w"][k]
        a = np.tanh(z.named("z")).named("a")
        return ((a - v["t"]) ** 2).sum()

    def hand(v, kind):
        da = 2 * (v["a"] - v["t"])
        dz = da * (1 - v["a"] ** 2)
        if kind == "no slope":
            dz = da
        dw = np.array([(v["x"][:, k : k + m] * dz).sum() for k in range(size)])
        if kind == "flipped":
            dw = dw[::-1]
        db = np.array([dz.sum()])
        dx = np.zeros_like(v["x"])
        for k in range(size):
            if kind == "overwritten":
                dx[:, k : k + m] = dz * v["w"][k]
            else:
                dx[:, k : k + m] += dz * v["w"][size - 1 - k if kind == "kernel" else k]
        if kind == "first only":
            dx[:] = 0
            dx[:, :m] = dz * v["w"][0]
        if kind == "bias":
            db = dz
        return {"a": da, "z": dz, "w": dw, "b": db, "x": dx}

    return Model("convolution", forward, hand, inputs, {
        "no slope": ("z", ("missing_activation_derivative",)), "flipped": ("w", ("permuted",)),
        "first only": ("x", ("fanout_overwrite", "missing_term")),
        "bias": ("b", ("missing_batch_sum",)),
    })  # fmt: skip


def tied(rng):
    n, d = rng.integers(1, 5), rng.integers(2, 5)
    inputs = {
        "X": rng.normal(size=(n, d)), "W": 0.5 * rng.normal(size=(d, d)),
        "b": rng.normal(size=(1, d)),
        "T": rng.normal(size=(n, d)),
    }  # fmt: skip

    def forward(v):
        z1 = (v["X"] @ v["W"] + v["b"]).named("z1")
        h1 = np.tanh(z1).named("h1")
        z2 = (h1 @ v["W"] + v["b"]).named("z2")
        h2 = np.tanh(z2).named("h2")
        return ((h2 - v["T"]) ** 2).mean()

    def hand(v, kind):
        dh2 = 2 * (v["h2"] - v["T"]) / v["T"].size
        dz2 = dh2 * (1 - v["h2"] ** 2)
        dh1 = dz2 @ (v["W"] if kind == "W for WT" else v["W"].T)
        dz1 = dh1 * (1 - v["h1"] ** 2)
        if kind == "h2 for h1":
            dz1 = dh1 * (1 - v["h2"] ** 2)
        last, first = v["h1"].T @ dz2, v["X"].T @ dz1
        dW = {"last": last, "first": first, "twice": last + 2 * first, "minus": last - first}.get(
            kind, last + first
        )
        db = (dz1 + dz2).sum(axis=0, keepdims=True)
        if kind == "b first":
            db = dz1.sum(axis=0, keepdims=True)
        return {"h2": dh2, "z2": dz2, "h1": dh1, "z1": dz1, "W": dW, "b": db}

    both = ("fanout_overwrite", "missing_term")
    return Model("tied", forward, hand, inputs, {
        "last": ("W", both), "first": ("W", both), "twice": ("W", ("wrong_term_scale",)),
        "minus": ("W", ("wrong_term_scale",)), "b first": ("b", both),
        "W for WT": ("h1", ("transposed_operand",)), "h2 for h1": ("z1", ("wrong_operand",)),
    })  # fmt: skip


def embedding(rng):
    inputs = {
        "E": rng.normal(size=(5, 3)), "w": rng.normal(size=(3, 1)), "t": rng.normal(size=(6, 1)),
        "i": np.array([0, 2, 2, 4, 0, 2]),
    }  # fmt: skip

    def forward(v):
        e = v["E"][v["i"]].named("e")
        o = (e @ v["w"]).named("o")
        return ((o - v["t"]) ** 2).sum()

    def hand(v, kind):
        do = 2 * (v["o"] - v["t"])
        de = do @ v["w"].T
        dE = np.zeros_like(v["E"])
        if kind == "assigned":
            dE[v["i"]] = de
        elif kind == "buffered":
            dE[v["i"]] += de
        else:
            np.add.at(dE, v["i"], de)
        return {"o": do, "w": v["e"].T @ do, "e": de, "E": dE}

    return Model("embedding", forward, hand, inputs, {
        "assigned": ("E", ("fanout_overwrite",)), "buffered": ("E", ("fanout_overwrite",)),
    })  # fmt: skip


def formula(rng):
    n = rng.integers(3, 6)
    p = lambda: rng.uniform(0.5, 2, n)
    inputs = {"x": p(), "y": p(), "z": p()}

    def forward(v):
        u = (v["x"] * v["y"]).named("u")
        q = (u / v["z"]).named("q")
        r = (q**3).named("r")
        s = np.exp(-r).named("s")
        return (s * np.log(1 + q)).sum()

    def hand(v, kind):
        x, y, z, u, q, s = (v[k] for k in "xyzuqs")
        ds = np.log(1 + q)
        dr = -s * ds
        if kind == "exp sign":
            dr = s * ds
        if kind == "exp":
            dr = ds
        first = dr * 3 * q**2
        if kind == "power":
            first = dr * 3 * q
        if kind == "exponent":
            first = dr * q**2
        dq = first + s / (1 + q)
        if kind == "path":
            dq = first
        du = dq / z
        if kind == "no z":
            du = dq
        dz = -dq * u / z**2
        if kind == "quotient":
            dz = -dq * u / z
        if kind == "quotient 2":
            dz = -dq / z**2
        if kind == "quotient sign":
            dz = dq * u / z**2
        dx = du * y
        if kind == "product":
            dx = du * x
        if kind == "factor":
            dx = du
        return {"s": ds, "r": dr, "q": dq, "u": du, "z": dz, "x": dx, "y": du * x}

    return Model("formula", forward, hand, inputs, {
        "exp sign": ("r", ("sign",)),
        "exp": ("r", ("missing_factor", "missing_activation_derivative", *WRONG)),
        "power": ("q", WRONG), "exponent": ("q", ("factor", "wrong_term_scale", *WRONG)),
        "path": ("q", ("fanout_overwrite", "missing_term")),
        "no z": ("u", ("missing_factor",)), "quotient": ("z", WRONG), "quotient 2": ("z", WRONG),
        "quotient sign": ("z", ("sign",)), "product": ("x", ("wrong_operand", *WRONG)),
        "factor": ("x", ("missing_factor",)),
    })  # fmt: skip


def gates(rng):
    n, d = rng.integers(2, 5), rng.integers(2, 5)
    m = lambda *s: rng.normal(size=s)
    inputs = {"X": m(n, d), "Wg": m(d, d), "Wc": m(d, d), "b": m(d), "T": m(n, d)}

    def forward(v):
        zg = (v["X"] @ v["Wg"] + v["b"]).named("zg")
        zc = (v["X"] @ v["Wc"]).named("zc")
        g, c = ag.sigmoid(zg).named("g"), np.tanh(zc).named("c")
        h = (g * c + v["X"]).named("h")
        return 0.5 * ((h - v["T"]) ** 2).sum() / n

    def hand(v, kind):
        dh = (v["h"] - v["T"]) / n
        dg, dc = dh * v["c"], dh * v["g"]
        if kind == "gate":
            dg = dh
        if kind == "own":
            dc = dh * v["c"]
        dzg = dg * v["g"] * (1 - v["g"])
        if kind == "other":
            dzg = dg * v["c"] * (1 - v["c"])
        if kind == "tanh for sigmoid":
            dzg = dg * (1 - v["g"] ** 2)
        dzc = dc * (1 - v["c"] ** 2)
        dX = dzg @ v["Wg"].T + dzc @ v["Wc"].T + dh
        if kind == "skip":
            dX = dX - dh
        if kind == "only skip":
            dX = dh
        if kind == "swapped":
            dX = dzc @ v["Wg"].T + dzc @ v["Wc"].T + dh
        return {
            "h": dh, "g": dg, "c": dc, "zg": dzg, "zc": dzc, "Wg": v["X"].T @ dzg,
            "Wc": v["X"].T @ dzc, "b": dzg.sum(axis=0), "X": dX,
        }  # fmt: skip

    both = ("fanout_overwrite", "missing_term")
    return Model("gates", forward, hand, inputs, {
        "gate": ("g", ("missing_factor",)), "own": ("c", ("wrong_operand", *WRONG)),
        "other": ("zg", ("wrong_operand",)),
        "tanh for sigmoid": ("zg", ("wrong_activation_formula",)),
        "skip": ("X", both), "only skip": ("X", both), "swapped": ("X", ("wrong_operand",)),
    })  # fmt: skip


MODELS = (
    softmax_model,
    fused_model,
    layer_norm,
    attention,
    convolution,
    tied,
    embedding,
    formula,
    gates,
)


def model_cases(seed):
    """All cases of one random instance of every model."""
    for make in MODELS:
        rng = np.random.default_rng(seed)
        yield from make(rng).cases(rng)
