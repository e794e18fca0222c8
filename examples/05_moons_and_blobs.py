"""A decision boundary. Run: pip install ".[examples]" && python examples/05_moons_and_blobs.py

Two interleaved half circles cannot be told apart by a straight line: without hidden units, 87 % of
unseen points are right. Ten hidden units bend the line: 99.7 %. Three clouds of points (blobs) need
no bending, but three outputs: one score a class, the largest wins. Writes moons.png and blobs.png.
"""

from sklearn.datasets import make_blobs, make_moons
from sklearn.model_selection import train_test_split

import nn


def study(name, X, y, *hidden, epochs=100):
    """Train a network with these hidden layers; the model and its accuracy on unseen points."""
    X, X_test, y, y_test = train_test_split(X, y, test_size=0.3, random_state=0)
    classes = int(y.max()) + 1
    model = nn.MLP(2, *hidden, classes, activation="tanh", rng=0)
    history = nn.fit(
        model, X, y, optimizer="adam", lr=0.02, epochs=epochs, batch_size=32,
        validation=(X_test, y_test), metrics="accuracy", progress=False,
    )  # fmt: skip
    found = nn.evaluate(model, X_test, y_test, metrics="accuracy")
    units = " and ".join(map(str, hidden)) or "no"
    print(f"{name}, {units} hidden units: test accuracy {found['accuracy']:.4f}", end=", ")
    print(f"loss {history.loss[0]:.3f} -> {history.loss[-1]:.3f}")
    return model, history, (X_test, y_test)


def picture(path, model, history, points):
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    nn.plot.decision_boundary(model, *points, ax=left)
    history.plot(ax=right)
    figure.savefig(path)
    print(f"wrote {path}")


moons = make_moons(n_samples=1_000, noise=0.1, random_state=0)
study("moons", *moons)
picture("moons.png", *study("moons", *moons, 10))

blobs = make_blobs(
    n_samples=600, centers=[[-2, 0], [2, 0], [0, 3]], cluster_std=0.8, random_state=0
)
picture("blobs.png", *study("blobs", *blobs, 10, epochs=30))
