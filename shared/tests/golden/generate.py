#!/usr/bin/env python3
"""Makes golden.safetensors: features, their derivatives along w2 and logits, by torch.func.jvp in float64.

    pip install torch numpy safetensors pillow
    python generate.py

Weights are not kept. They follow from the recipe below, which ../suite/recipe.rs repeats word for word, so that
both sides start from the same 32-bit floats. Written for the mathematics, from the paper (Mu, Liang, Li, ICLR 2020),
and apart from the Rust code: nothing is shared with it but the recipe.
"""

import math
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.numpy import save_file

HERE = Path(__file__).parent
# name, inputs, outputs, kernel, stride, padding, whether leaky ReLU follows, side of the average pool behind that
ALI = [
    ("conv1", 3, 32, 5, 1, 0, True, 1),
    ("conv2", 32, 64, 4, 2, 0, True, 1),
    ("conv3", 64, 128, 4, 1, 0, True, 1),
    ("conv4", 128, 256, 4, 2, 0, True, 1),
    ("conv5", 256, 512, 4, 1, 0, True, 1),
]
VAE = [
    ("conv1", 3, 64, 1, 1, 0, False, 1),
    ("conv2", 64, 64, 3, 1, 1, True, 1),
    ("conv3", 64, 64, 3, 1, 1, True, 2),
    ("conv4", 64, 128, 3, 1, 1, True, 1),
    ("conv5", 128, 128, 3, 1, 1, True, 2),
    ("conv6", 128, 256, 3, 1, 1, True, 1),
    ("conv7", 256, 256, 3, 1, 1, True, 2),
    ("conv8", 256, 512, 3, 1, 1, True, 1),
]
# kind, layers, the lowest layer of each scope, slopes
KINDS = [
    ("ali", ALI, {"conv5": 4, "conv4-5": 3, "conv3-5": 2}, (0.01, 0.2)),
    ("vae", VAE, {"conv8": 7}, (0.2,)),
]
FEATURES, CLASSES = 512, 10
# Of what is trained: the class of each image, steps and learning rate of shared::train's settings for few images.
LABELS, STEPS, RATE = (3, 0, 7), 5, 3e-3
TRAINED = ("ali/ntk/0.01/generic", "vae/ntk/0.2/generic")
MODES = ("activation", "gradient", "full", "finetune")


# The recipe ----------------------------------------------------------------------------------------------------


def words(name, count):
    """One 32-bit word an index: FNV-1a of the name, then C. Wellons's lowbias32 of the sum."""
    start = 0x811C9DC5
    for byte in name.encode():
        start = (start ^ byte) * 0x01000193 & 0xFFFFFFFF
    x = np.arange(count, dtype=np.uint32) * np.uint32(0x9E3779B9) + np.uint32(start)
    for shift, factor in ((16, 0x21F0AAAD), (15, 0xD35A2D97)):
        x = (x ^ (x >> np.uint32(shift))) * np.uint32(factor)
    return x ^ (x >> np.uint32(15))


def numbers(name, shape, bound):
    """Floats in [-bound, bound): the upper 24 bits of the words, exact in float32 before the product."""
    unit = (words(name, math.prod(shape)) >> np.uint32(8)).astype(np.float32) / np.float32(2**23) - np.float32(1)
    return torch.tensor((unit * np.float32(bound)).reshape(shape), dtype=torch.float64)


def conv(prefix, layer, ntk, biased):
    """Stored weight and bias, of a size that keeps what is applied the same in both parametrizations."""
    name, inputs, outputs, kernel = layer[:4]
    gain = 6.0 * (outputs if ntk else 1) / (inputs * kernel * kernel)
    weight = numbers(f"{name}{prefix}.weight", (outputs, inputs, kernel, kernel), math.sqrt(gain))
    bias = numbers(f"{name}{prefix}.bias", (outputs,), 0.8 if ntk else 0.25)
    return weight, bias if biased else torch.zeros_like(bias)


def images():
    """Bytes [3, 3, 32, 32]: a random image, a black one, and the first of the gallery."""
    random = (words("image", 3 * 32 * 32) >> np.uint32(24)).astype(np.uint8).reshape(3, 32, 32)
    sheet = Image.open(HERE / "../../../gallery/sheet-0.png").convert("RGB").crop((0, 0, 32, 32))
    return np.stack([random, np.zeros_like(random), np.asarray(sheet).transpose(2, 0, 1)])


# The network ---------------------------------------------------------------------------------------------------


def leaky_relu(x, slope, nearest):
    """Derivative 1 above 0, the slope at and below it. Notes how near to 0 a pre-activation comes."""
    size = x.detach().abs()
    nearest.append(size[size > 0].min().item() if (size > 0).any() else math.inf)
    return torch.where(x > 0, x, slope * x)


def features(x, layers, stored, ntk, slope, nearest):
    return below(x, layers, stored, ntk, slope, nearest).mean(dim=(2, 3))


def below(x, layers, stored, ntk, slope, nearest):
    for (weight, bias), (_, _, outputs, _, stride, padding, activation, pool) in zip(stored, layers):
        if ntk:
            weight, bias = weight / math.sqrt(outputs), bias * math.sqrt(0.1)
        x = torch.nn.functional.conv2d(x, weight, bias, stride, padding)
        x = leaky_relu(x, slope, nearest) if activation else x
        x = torch.nn.functional.avg_pool2d(x, pool)
    return x


# Training ------------------------------------------------------------------------------------------------------


def trained(mode, x, layers, start, stored, tangents, ntk, slope):
    """Logits after STEPS steps of Adam on all images at once, the learning rate falling to 0 linearly."""
    theta2, x = stored[start:], below(x, layers[:start], stored[:start], ntk, slope, [])
    top = lambda *theta2: features(x, layers[start:], theta2, ntk, slope, [])
    free = lambda tensor: tensor.clone().requires_grad_()
    omega = numbers("omega.weight", (FEATURES, CLASSES), 0.1)
    w1 = [free(numbers("classifier.weight", (FEATURES, CLASSES), 0.1)), free(numbers("classifier.bias", (CLASSES,), 0.1))]
    w2 = [(free(weight), free(bias)) for weight, bias in tangents]

    def logits():
        if mode == "finetune":
            return top(*w2) @ w1[0] + w1[1]
        f, moved = torch.func.jvp(top, tuple(theta2), tuple(w2))
        activation = f @ w1[0] + w1[1] if mode != "gradient" else 0
        return activation + (moved @ omega if mode != "activation" else 0)

    w2_flat = [tensor for pair in w2 for tensor in pair]
    decayed = {"params": w1, "weight_decay": 1e-3 if mode == "full" else 0.0}
    groups = {"activation": [decayed], "gradient": [{"params": w2_flat}]}.get(mode, [decayed, {"params": w2_flat}])
    optimizer = torch.optim.Adam(groups, lr=RATE, betas=(0.9, 0.999), eps=1e-5)
    for step in range(STEPS):
        for group in optimizer.param_groups:
            group["lr"] = RATE * (1 - step / STEPS)
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(logits(), torch.tensor(LABELS)).backward()
        optimizer.step()
    return logits().detach()


def networks():
    for kind, layers, scopes, slopes in KINDS:
        for ntk in (False, True):
            for slope in slopes:
                for point in ("generic", "kink"):
                    name = f"{kind}/{'ntk' if ntk else 'standard'}/{slope}/{point}"
                    stored = [conv("", layer, ntk, point == "generic") for layer in layers]
                    yield name, layers, scopes, stored, ntk, float(np.float32(slope))


def main():
    pixels = images()
    x = torch.tensor(pixels.astype(np.float32) * np.float32(1 / 255), dtype=torch.float64)
    w1 = numbers("classifier.weight", (FEATURES, CLASSES), 0.1)
    b1 = numbers("classifier.bias", (CLASSES,), 0.1)
    omega = numbers("omega.weight", (FEATURES, CLASSES), 0.1)
    golden, nearest = {"images": pixels}, []
    keep = lambda name, tensor: golden.update({name: tensor.numpy().astype(np.float32)})
    for network, layers, scopes, stored, ntk, slope in networks():
        for scope, start in scopes.items():
            tangents = [conv(".tangent", layer, ntk, True) for layer in layers[start:]]
            top = lambda *theta2: features(x, layers, stored[:start] + list(theta2), ntk, slope, [])
            f, moved = torch.func.jvp(top, tuple(stored[start:]), tuple(tangents))
            keep(f"{network}/{scope}/tangent", moved)
            keep(f"{network}/{scope}/gradient", moved @ omega)
            if network in TRAINED:
                for mode in MODES:
                    logits = trained(mode, x, layers, start, stored, tangents, ntk, slope)
                    keep(f"{network}/{scope}/{mode}/trained", logits)
        features(x, layers, stored, ntk, slope, nearest)
        keep(f"{network}/features", f)
        keep(f"{network}/activation", f @ w1 + b1)
    save_file(golden, HERE / "golden.safetensors")
    print(f"nearest pre-activation to 0, itself aside: {min(nearest):.1e}")


if __name__ == "__main__":
    main()
