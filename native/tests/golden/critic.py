"""Golden numbers for the Wasserstein critic's gradient penalty, by PyTorch's double backward in float64.

    python native/tests/golden/critic.py

writes critic.safetensors beside itself: a small critic's weights, a batch, its scores, the gradient of the scores by
the inputs, the penalty, and the penalty's gradient by every weight.
"""

from pathlib import Path

import torch
from safetensors.torch import save_file

SLOPE = 0.2
LATENT = 5
# Output channels, kernel, stride, bias: the same lists stand in critic.rs.
X = [(4, 3, 1, True), (6, 4, 2, True), (8, 2, 1, True)]
Z = [(7, 1, 1, False), (6, 1, 1, False)]
JOINT = [(9, 1, 1, True), (8, 1, 1, True), (1, 1, 1, True)]
IMAGES, SIDE = 6, 8


def parameters(name, specs, inputs):
    made = {}
    for index, (outputs, kernel, _, biased) in enumerate(specs):
        bound = (3 / (inputs * kernel * kernel)) ** 0.5
        made[f"{name}.{index}.weight"] = (torch.rand(outputs, inputs, kernel, kernel) * 2 - 1) * bound
        if biased:
            made[f"{name}.{index}.bias"] = torch.rand(outputs) - 0.5
        inputs = outputs
    return made


def climb(weights, name, specs, x, bend_last):
    for index, (_, _, stride, _) in enumerate(specs):
        x = torch.nn.functional.conv2d(x, weights[f"{name}.{index}.weight"], weights.get(f"{name}.{index}.bias"), stride)
        if bend_last or index + 1 < len(specs):
            x = torch.nn.functional.leaky_relu(x, SLOPE)
    return x


def scores(weights, x, z):
    both = torch.cat([climb(weights, "x", X, x, True), climb(weights, "z", Z, z, True)], 1)
    return climb(weights, "joint", JOINT, both, False).flatten()


def main():
    torch.manual_seed(0)
    torch.set_default_dtype(torch.float64)
    weights = parameters("x", X, 3) | parameters("z", Z, LATENT) | parameters("joint", JOINT, X[-1][0] + Z[-1][0])
    # What is stored is rounded to 32 bits, so that both sides start from the same numbers.
    weights = {name: weight.float().double().requires_grad_() for name, weight in weights.items()}
    x = torch.rand(IMAGES, 3, SIDE, SIDE).float().double().requires_grad_()
    z = torch.randn(IMAGES, LATENT, 1, 1).float().double().requires_grad_()
    out = scores(weights, x, z)
    by_x, by_z = torch.autograd.grad(out.sum(), (x, z), create_graph=True)
    length = torch.cat([by_x.flatten(1), by_z.flatten(1)], 1).norm(2, dim=1)
    penalty = ((length - 1) ** 2).mean()
    gradients = torch.autograd.grad(penalty, list(weights.values()), allow_unused=True)
    made = {"x": x, "z": z, "scores": out, "by_x": by_x, "by_z": by_z, "penalty": penalty.reshape(1)}
    made |= weights
    for (name, weight), gradient in zip(weights.items(), gradients):
        # A bias moves no gradient, as the network is piecewise linear.
        made[f"{name}.gradient"] = torch.zeros_like(weight) if gradient is None else gradient
    save_file({name: tensor.detach().float().contiguous() for name, tensor in made.items()},
              Path(__file__).with_name("critic.safetensors"))


if __name__ == "__main__":
    main()
