"""Remember the first sign. Run: python examples/08_sequence_lstm.py [epochs]

Each sequence is 12 numbers; the label is the sign of the first, the rest is noise. A recurrent
network must carry one bit through the whole sequence, and its gradient must find the way back
through 12 steps. An LSTM learns it; a plain average of the sequence does not.
"""

import sys

import numpy as np

import nn

LENGTH, HIDDEN = 12, 12
rng = np.random.default_rng(0)


def sequences(count):
    """Sequences of shape (count, LENGTH, 1), and the signs of their first numbers."""
    X = rng.normal(size=(count, LENGTH, 1))
    return X, (X[:, 0, 0] > 0).astype(int)


class Memory(nn.Module):
    """An LSTM whose last state is read by one linear layer."""

    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(1, HIDDEN, batch_first=True, rng=1)
        self.read = nn.Linear(HIDDEN, 2, rng=2)

    def forward(self, X):
        states, _ = self.lstm(X)
        return self.read(states[:, -1])


X, y = sequences(512)
X_test, y_test = sequences(512)
model = Memory()
optimizer = nn.Adam(model.parameters(), lr=0.02)
epochs = int(sys.argv[1]) if len(sys.argv) > 1 else 40

for epoch in range(1, epochs + 1):
    for inputs, labels in nn.batches(X, y, 64, rng=rng):
        loss = nn.cross_entropy(model(inputs), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if epoch % 10 == 0 or epoch == epochs:
        print(f"epoch {epoch:3}: loss {loss.item():.4f}", end=", ")
        print(f"test accuracy {nn.accuracy(model(X_test), y_test):.3f}")

print(f"the sign of the average: {((X_test.mean(axis=(1, 2)) > 0) == y_test).mean():.3f}")
