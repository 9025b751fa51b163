"""Writes plain.mat and compressed.mat: three images as SVHN has them, by SciPy's own writer."""

import numpy as np
from scipy.io import savemat

y, x, c, n = np.indices((32, 32, 3, 3))
images = ((7 * y + 3 * x + 50 * c + 11 * n) % 256).astype(np.uint8)
labels = np.array([[1], [10], [9]], dtype=np.uint8)
for name, compressed in [("plain", False), ("compressed", True)]:
    savemat(f"{name}.mat", {"X": images, "y": labels}, do_compression=compressed)
