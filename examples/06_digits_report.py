"""How many logistic units read a digit? Run: pip install ".[examples]", then
python examples/06_digits_report.py [--data DIR] [--hidden 100 150] [--epochs 60]

Each hidden layer is as wide as one number of --hidden; without it, five networks are compared. One
unit can only put the ten digits in a row, and gets a fourth of them right; a hundred see enough. Of
3,000 MNIST digits, having learned from 7,000: 0.254 with 1 unit, 0.908 with 10 and 15, 0.953 with
100, 0.953 with 100 and 150, 0.955 with 1,000. Prints accuracy, confusion matrix and report of the
last network, and writes digits.png: where it errs. --data is a folder of MNIST's IDX files
(default: scikit-learn's digits of 8×8 pixels).
"""

import argparse

import numpy as np
from idx import load_mnist
from sklearn.datasets import load_digits
from sklearn.metrics import classification_report, confusion_matrix
from sklearn.model_selection import train_test_split

import nn

parser = argparse.ArgumentParser(description="Digits read by logistic units.")
parser.add_argument("--data", metavar="DIR", help="folder of MNIST's IDX files")
parser.add_argument("--hidden", type=int, nargs="+", help="units of each hidden layer")
parser.add_argument("--epochs", type=int, default=60)
args = parser.parse_args()

if args.data:
    images, labels = load_mnist(args.data)
    images = images / np.float32(255)
else:
    images, labels = load_digits().images.astype(np.float32) / 16, load_digits().target
X, X_test, y, y_test = train_test_split(
    images.reshape(len(images), -1), labels.astype(int), test_size=0.3, random_state=0
)
print(f"{len(X)} digits to learn from, {len(X_test)} to test on")

for hidden in [args.hidden] if args.hidden else [(1,), (10, 15), (1000,), (100, 150), (100,)]:
    model = nn.MLP(X.shape[1], *hidden, 10, activation="sigmoid", dtype=np.float32, rng=0)
    history = nn.fit(
        model, X, y, optimizer="adam", lr=0.005, scheduler="cosine", epochs=args.epochs,
        batch_size=100, rng=0,
    )  # fmt: skip
    predicted = nn.predict(model, X_test).argmax(axis=1)
    print(f"hidden {hidden}: test accuracy {(predicted == y_test).mean():.4f}", end=", ")
    print(f"{len(history)} epochs of {np.median(history.seconds):.2f} s")

print(confusion_matrix(y_test, predicted))
print(classification_report(y_test, predicted, digits=3, zero_division=0))


def picture(path):
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 5), layout="constrained")
    shown, matrix = figure.subplots(1, 2)
    side = images.shape[1:]
    nn.plot.misclassified(X_test, y_test, predicted, shape=side, ax=shown)
    nn.plot.confusion_matrix(y_test, predicted, ax=matrix)
    figure.savefig(path)
    print(f"wrote {path}")


picture("digits.png")
