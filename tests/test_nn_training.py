"""Optimizers, training, and files of weights."""

import copy
import os
import pickle
import zipfile

import numpy as np
import pytest
from nn_tools import LABELS, START, X, reference_model, rng, says

import autograd_lite as ag
import nn
from autograd_lite.errors import ArgumentError

# -- optimizers against PyTorch --------------------------------------------------------------------

OPTIMIZERS = {
    "sgd": (
        lambda p: nn.SGD(p, lr=0.3), 0.3276691087813712,
        [[1.030102396114, -0.582597565852], [-0.112560227976, 0.957995046343],
         [-1.171837035824, 0.349753106923]],
        [0.116919347686, -0.038048423905, -0.078870923781],
    ),
    "momentum": (
        lambda p: nn.SGD(p, lr=0.1, momentum=0.9), 0.12380170815700667,
        [[1.533525556615, -0.916494199877], [-0.460020058041, 1.064545804173],
         [-1.697279831588, 0.655539657627]],
        [0.119238233750, -0.056833865588, -0.062404368161],
    ),
    "adam": (
        lambda p: nn.Adam(p, lr=0.05), 0.17639602720202463,
        [[1.159175486579, -1.231850614262], [-0.583131824604, 0.286415650182],
         [-1.593434780463, 0.569229745493]],
        [0.169453776154, -0.335094221660, -0.013577432509],
    ),
    "adam, other constants": (
        lambda p: nn.Adam(p, lr=0.02, betas=(0.8, 0.95), eps=1e-4), 0.46087379574237664,
        [[0.837370258565, -0.694882732867], [-0.170693590459, 0.386357730871],
         [-1.008600055564, 0.389191363946]],
        [0.149918174770, -0.189852786226, -0.112379748169],
    ),
}  # fmt: skip


def train(model, optimizer, steps):
    for _ in range(steps):
        optimizer.zero_grad()
        loss = nn.cross_entropy(model(X), LABELS)
        loss.backward()
        optimizer.step()
    return loss.item()


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_twenty_steps_are_pytorchs(name):
    make, last, weight, bias = OPTIMIZERS[name]
    model = reference_model()
    assert train(model, make(model.parameters()), 20) == pytest.approx(last, abs=1e-12)
    np.testing.assert_allclose(model[0].weight.data, weight, atol=1e-11)
    np.testing.assert_allclose(model[2].bias.data, bias, atol=1e-11)


@pytest.mark.parametrize("make", [v[0] for v in OPTIMIZERS.values()], ids=[*OPTIMIZERS])
@pytest.mark.parametrize(
    "array",
    [
        np.ones((7, 5)),
        np.asfortranarray(np.ones((7, 5))),
        np.ones((2, 7, 5))[:, ::2, :],
        np.ones(35),
        np.array(1.0),
        np.ones((0, 3)),
        np.ones((1, 40)),
    ],
    ids=["rows", "columns", "strided", "vector", "0-d", "empty", "one row"],
)
def test_blocks_change_nothing(make, array, monkeypatch):
    gradients = [rng(i).normal(size=array.shape) for i in range(3)]

    def result():
        p = ag.Tensor(np.zeros(array.shape), requires_grad=True)
        p.data = array.copy(order="K")
        optimizer = make([p])
        for g in gradients:
            p.grad = g
            optimizer.step()
            np.testing.assert_array_equal(p.grad, g)
        return p.data

    whole = result()
    monkeypatch.setattr(nn.optim, "_BLOCK", 8)
    np.testing.assert_array_equal(result(), whole)


def test_a_step_allocates_nothing_large_and_stays_in_place():
    import tracemalloc

    p = ag.Tensor(np.zeros(500_000), requires_grad=True)
    p.grad = np.ones(500_000)
    data = p.data
    optimizer = nn.Adam([p])
    optimizer.step()
    tracemalloc.start()
    optimizer.step()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000
    assert p.data is data


def test_parameters_without_gradient_are_left_and_replaced_arrays_followed():
    p, q = (ag.Tensor([1.0], requires_grad=True) for _ in range(2))
    optimizer = nn.SGD([p, q], lr=1.0)
    p.grad = np.array([0.5])
    optimizer.step()
    assert (p.item(), q.item()) == (0.5, 1.0)
    p.data = np.array([3.0])
    optimizer.step()
    assert p.item() == 2.5


@pytest.mark.parametrize("make", [v[0] for v in OPTIMIZERS.values()], ids=[*OPTIMIZERS])
def test_running_means_do_not_get_stuck_in_subnormal_numbers(make):
    p = ag.Tensor(np.zeros(3, np.float32), requires_grad=True)
    optimizer = make([p])
    p.grad = np.array([1e-3, 0.0, np.nan], np.float32)
    optimizer.step()
    p.grad = np.array([0.0, 1e-20, 0.0], np.float32)
    for _ in range(1023):
        optimizer.step()
    for name, value in optimizer.state_dict().items():
        if name in ("0.first", "0.velocity"):
            assert value[0] == 0 and value[1] > 1e-20 and np.isnan(value[2])


def test_complex_gradient_descent():
    z = ag.Tensor([1.0 + 2.0j], requires_grad=True)
    optimizer = nn.SGD([z], lr=0.25)
    for _ in range(60):
        optimizer.zero_grad()
        nn.mse_loss(z, [3.0 - 1.0j]).backward()
        optimizer.step()
    np.testing.assert_allclose(z.data, [3.0 - 1.0j], atol=1e-12)
    z = ag.Tensor([1.0 + 2.0j], requires_grad=True)
    optimizer = nn.SGD([z], lr=0.05, momentum=0.5)
    for _ in range(400):
        optimizer.zero_grad()
        nn.mse_loss(z, [3.0 - 1.0j]).backward()
        optimizer.step()
    np.testing.assert_allclose(z.data, [3.0 - 1.0j], atol=1e-12)


@pytest.mark.parametrize("make", [v[0] for v in OPTIMIZERS.values()], ids=[*OPTIMIZERS])
def test_optimizer_state_resumes_bit_for_bit(make, tmp_path):
    model = reference_model()
    optimizer = make(model.parameters())
    train(model, optimizer, 5)
    nn.save(optimizer.state_dict(), tmp_path / "optimizer.npz")
    twin = copy.deepcopy(model)
    resumed = make(twin.parameters())
    resumed.load_state_dict(nn.load(tmp_path / "optimizer.npz"))
    assert train(model, optimizer, 5) == train(twin, resumed, 5)
    np.testing.assert_array_equal(model[0].weight.data, twin[0].weight.data)


# -- training --------------------------------------------------------------------------------------


def test_batches_cover_every_row_once():
    data = np.arange(10)
    pairs = list(nn.batches(data[:, None], data, 4, rng=rng()))
    assert [len(x) for x, _ in pairs] == [4, 4, 2]
    seen = np.concatenate([y for _, y in pairs])
    assert sorted(seen) == list(data) and list(seen) != list(data)
    for x, y in pairs:
        np.testing.assert_array_equal(x[:, 0], y)
    again = np.concatenate([y for _, y in nn.batches(data, data, 4, rng=rng())])
    np.testing.assert_array_equal(again, seen)
    (x, y), *_ = nn.batches(ag.Tensor(data), data, 3)
    assert list(x) == list(y) == [0, 1, 2]


def test_fit_learns_and_reports():
    random = rng(3)
    points = random.normal(size=(200, 2))
    labels = (points[:, 0] * points[:, 1] > 0).astype(int)
    model = nn.MLP(2, 16, 2, activation="tanh", rng=random).eval()
    lines = []
    history = nn.fit(
        model, points, labels, optimizer=nn.Adam(model.parameters(), lr=0.02), epochs=30,
        batch_size=20, rng=random, report=lambda epoch, loss: lines.append((epoch, loss)),
    )  # fmt: skip
    assert nn.accuracy(model(points), labels) > 0.95
    assert lines == [*enumerate(history.loss, 1)] and len(lines) == 30
    assert model.training


def test_fit_with_another_loss_weighs_batches_by_their_rows():
    model = nn.Linear(1, 1, rng=rng())
    x = np.arange(5.0)[:, None]
    history = nn.fit(
        model, x, 2 * x, optimizer=nn.SGD(model.parameters(), lr=0.0), loss=nn.mse_loss, epochs=1,
        batch_size=2, rng=rng(),
    )  # fmt: skip
    assert history.loss == [pytest.approx(nn.mse_loss(model(x), 2 * x).item())]


def test_fit_without_rng_repeats():
    def history():
        model = nn.MLP(2, 3, 3, rng=0)
        return nn.fit(model, X, LABELS, optimizer=nn.Adam(model.parameters()), batch_size=2).loss

    assert history() == history()
    model = nn.MLP(2, 3, 3, rng=0)
    optimizer = nn.Adam(model.parameters())
    assert history() == nn.fit(model, X, LABELS, optimizer=optimizer, batch_size=2, rng=rng()).loss


def test_fit_stops_when_the_loss_is_not_finite_without_warnings():
    model = nn.Linear(2, 1)
    target = np.ones((4, 1))
    optimizer = nn.SGD(model.parameters(), lr=1e100)
    with pytest.raises(
        ArgumentError,
        match=r"^fit: the loss became inf in epoch 3, expected a finite number; in batch 1, square "
        r"\(forward\): got inf at index \(0, 0\) of its result, shape \(4, 1\), from finite "
        r"inputs, at test_nn_training.py:\d+: nn.fit\(.*\); make lr smaller, or set "
        r"clip_norm=1.0\.$",
    ):
        nn.fit(model, X, target, optimizer=optimizer, loss=nn.mse_loss)
    assert np.isfinite(model.weight.data).all()  # stopped before the step


# -- files -----------------------------------------------------------------------------------------


def test_files_hold_the_state_and_the_same_bytes(tmp_path):
    model = reference_model(np.float32)
    nn.save(model, tmp_path / "a.npz")
    nn.save(model.state_dict(), str(tmp_path / "b"))
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b").read_bytes()
    state = nn.load(tmp_path / "b")
    assert list(state) == list(START)
    for name, value in state.items():
        assert value.dtype == np.float32
        np.testing.assert_array_equal(value, START[name].astype(np.float32))
    with np.load(tmp_path / "a.npz") as archive:
        assert archive.files == list(START)
    odd = {"file": np.array(1), "a/b": np.zeros((0, 2)), "self": ag.Tensor([1.0])}
    nn.save(odd, tmp_path / "odd.npz")
    assert list(nn.load(tmp_path / "odd.npz")) == list(odd)
    assert sorted(os.listdir(tmp_path)) == ["a.npz", "b", "odd.npz"]


def test_a_crash_while_saving_keeps_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "w.npz"
    nn.save({"w": np.zeros(2)}, path)

    def crash(*_args, **_kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(np.lib.format, "write_array", crash)
    with pytest.raises(KeyboardInterrupt):
        nn.save({"w": np.ones(2)}, path)
    assert os.listdir(tmp_path) == ["w.npz"]
    np.testing.assert_array_equal(nn.load(path)["w"], 0)


class Evil:
    def __reduce__(self):
        return os.abort, ()


def broken_files(folder):
    nn.save({"w": np.arange(1000.0)}, folder / "good.npz")
    good = (folder / "good.npz").read_bytes()
    yield good[: len(good) // 2]
    yield good[:2000] + bytes([good[2000] ^ 255]) + good[2001:]
    yield b""
    yield b"hello"
    yield pickle.dumps(Evil())
    np.save(folder / "one.npy", np.zeros(2))
    yield (folder / "one.npy").read_bytes()
    np.savez(folder / "object.npz", w=np.array([Evil()], object))
    yield (folder / "object.npz").read_bytes()
    with zipfile.ZipFile(folder / "text.zip", "w") as archive:
        archive.writestr("w.npy", "no array")
    yield (folder / "text.zip").read_bytes()


def test_foreign_and_broken_files_are_refused_and_never_run(tmp_path):
    path = tmp_path / "bad.npz"
    for data in broken_files(tmp_path):
        path.write_bytes(data)
        with pytest.raises(ArgumentError) as caught:
            nn.load(path)
        assert str(caught.value).startswith(
            f"load: got {str(path)!r}, expected an .npz file of plain arrays as nn.save writes it; "
            "it is truncated, corrupt or of another kind ("
        )


def test_saving_where_it_cannot_be_is_refused(tmp_path):
    nowhere = str(tmp_path / "no" / "w.npz")
    with says(
        ArgumentError,
        f"save: got {nowhere!r}, which cannot be written (no such file or directory); choose a "
        "file in a folder that exists and is yours.",
    ):
        nn.save({}, nowhere)
    assert os.listdir(tmp_path) == []
    with says(
        ArgumentError, f"load: got {nowhere!r}, expected a file that exists; check the path."
    ):
        nn.load(nowhere)
