"""A small LeNet. Run: pip install ".[examples]" && python examples/08_images_conv.py [epochs]

Two convolutions with pooling between them, then two linear layers (LeCun et al., 1998), on
scikit-learn's 8×8 images of handwritten digits: far fewer parameters than a fully connected net of
the same accuracy, because a convolution looks everywhere with the same few weights.
"""

import sys

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import nn

images, labels = load_digits(return_X_y=True)
images = (images / 16).reshape(-1, 1, 8, 8).astype(np.float32)
X, X_test, y, y_test = train_test_split(images, labels, test_size=0.3, random_state=0)

rng = np.random.default_rng(0)
model = nn.Sequential(
    nn.Conv2d(1, 8, 3, padding=1, rng=rng), nn.ReLU(), nn.MaxPool2d(2),  # 8 × 4 × 4
    nn.Conv2d(8, 16, 3, padding=1, rng=rng), nn.ReLU(), nn.MaxPool2d(2),  # 16 × 2 × 2
    nn.Flatten(),
    nn.Linear(64, 32, rng=rng), nn.ReLU(), nn.Linear(32, 10, rng=rng),
)  # fmt: skip
model.to(np.float32)
print(model.summary(input_shape=(1, 1, 8, 8)))

optimizer = nn.Adam(model.parameters(), lr=0.003)
epochs = int(sys.argv[1]) if len(sys.argv) > 1 else 20
for epoch in range(1, epochs + 1):
    for inputs, targets in nn.batches(X, y, 32, rng=rng):
        loss = nn.cross_entropy(model(inputs), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if epoch % 5 == 0 or epoch == epochs:
        accuracy = nn.accuracy(model(X_test), y_test)
        print(f"epoch {epoch:2}: loss {loss.item():.4f}, test accuracy {accuracy:.4f}")
