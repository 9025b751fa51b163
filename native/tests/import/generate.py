"""Writes the checkpoints that the tests import, by PyTorch itself, and the logits that they should give.

Run in this folder. The weights follow from a formula with a short period, so that 20 MB compress to some 20 KB.
"""

import copy
import gzip
import io
import json
import math

import torch
from torch import nn

import model
import util

PERIOD = 997
CLASSES = 10
IMAGES = 2


def fill(module):
    """Numbers without order, different in every tensor, of a size that keeps activations near 1."""
    for salt, (name, tensor) in enumerate(module.state_dict().items()):
        if not tensor.is_floating_point():
            continue
        index = torch.arange(tensor.numel(), dtype=torch.int64)
        place = (index % PERIOD) * (2 * salt + 37) % PERIOD
        unit = (place * place % PERIOD).double() / PERIOD - 0.5
        owner = module.get_submodule(name.rpartition(".")[0])
        if name.endswith("running_var"):
            values = unit.abs() + 0.5
        elif tensor.dim() == 1:
            values = unit * 0.1 + (1 if isinstance(owner, nn.BatchNorm2d) and name.endswith("weight") else 0)
        else:
            gain = 4 / math.sqrt(tensor[0].numel())
            values = unit * gain * (math.sqrt(owner.outputs) if isinstance(owner, util.Scaled) else 1)
        tensor.copy_(values.reshape(tensor.shape))
    return module


def images():
    n, c, y, x = torch.meshgrid(*map(torch.arange, (IMAGES, 3, 32, 32)), indexing="ij")
    return (7 * y * y + 3 * x + 50 * c + 11 * n + 5 * x * y) % 256


def rows(tensor):
    return [] if tensor is None else tensor.tolist()


def expect(net, scopes):
    """Both terms of the logits in double precision, by scope; the scope 0 has no tangents."""
    double = copy.deepcopy(net).double()
    pixels = images().double() / 255
    with torch.no_grad():
        terms = {scope: double(pixels, **({"scope": scope} if scope else {})) for scope in scopes}
    return {scope: {"activation": rows(a), "gradient": rows(g)} for scope, (a, g) in terms.items()}


def save(name, what, old):
    buffer = io.BytesIO()
    torch.save(what, buffer, _use_new_zipfile_serialization=not old)
    with gzip.GzipFile(f"{name}.gz", "wb", mtime=0) as file:
        file.write(buffer.getvalue())


def ntk(scope):
    return fill(model.Net(model.FeatureNet(), model.NTKHeadNet(scope), model.NTKClassifier(CLASSES, scope > 0)))


def std():
    return fill(model.Net(model.FeatureNet(), model.STDHeadNet(), model.STDClassifier(CLASSES)))


def normalized():
    """The base network as it is pre-trained, with a layer on top that the model does not have."""
    layers = []
    for size in [(3, 32, 5, 1), (32, 64, 4, 2), *model.HEAD]:
        layers += [nn.Conv2d(*size, bias=False), nn.BatchNorm2d(size[1]), nn.LeakyReLU(model.SLOPE)]
    return fill(nn.Sequential(*layers, nn.Conv2d(512, 4, 1))).eval()


def named(net):
    """Its state with a name for each layer, all convolutions first."""
    state = {}
    for index, layer in enumerate(net):
        kind = {nn.Conv2d: "conv", nn.BatchNorm2d: "norm"}.get(type(layer))
        for name, tensor in layer.state_dict().items():
            state[f"encoder.{kind}{index // 3 + 1}.{name}"] = tensor
    return dict(sorted(state.items()))


def small():
    """Tensors of every kind that is read, in a few hundred bytes."""
    base = torch.arange(24.0).reshape(2, 3, 4)
    return {
        "plain": base,
        "transposed": base.permute(2, 0, 1),
        "part": base[1, 1:, ::2],
        "same": base,
        "double": torch.tensor([0.1, -2.5], dtype=torch.float64),
        "half": torch.tensor([1.5, -3.0]).half(),
        "brain": torch.tensor([1.5, -3.0]).bfloat16(),
        "integer": torch.tensor(7),
        "parameter": nn.Parameter(torch.ones(2)),
    }


def main():
    expected = {}
    for old, container in [(True, "old"), (False, "zip")]:
        torch.save(small(), f"small-{container}.pt", _use_new_zipfile_serialization=not old)
        save(f"ntk3-{container}", ntk(3), old)
        save(f"std-{container}", std(), old)
    expected["ntk3"] = expect(ntk(3), [1, 2, 3])
    expected["std"] = expect(std(), [0])
    for scope in (1, 2):
        save(f"ntk{scope}-old", ntk(scope), True)
        expected[f"ntk{scope}"] = expect(ntk(scope), range(1, scope + 1))
    save("ntk3-dict-zip", ntk(3).state_dict(), False)
    save("ntk0-dict-old", ntk(0).state_dict(), True)
    save("std-dict-zip", std().state_dict(), False)
    expected["ntk0"] = expect(ntk(0), [0])

    net = ntk(0)
    save("ntk0-fnet-old", net.fnet, True)
    save("ntk0-hnet-zip", net.hnet, False)
    save("ntk0-clf-old", net.clf, True)
    # The last tangent alone skips what is above it.
    gap = model.NTKHeadNet(3)
    gap.linear2 = None
    save("gap-hnet-zip", fill(gap), False)
    # The classifier whose w1 and ω are one module, as the published code can leave them.
    shared = ntk(1)
    shared.clf.linear = shared.clf.fc
    save("shared-zip", shared, False)
    expected["shared"] = expect(shared, [1])

    net, classifier = normalized(), std().clf
    save("normalized-zip", net, False)
    save("normalized-dict-old", named(net), True)
    save("std-clf-zip", classifier, False)
    with torch.no_grad():
        features = copy.deepcopy(net[:-1]).double()(images().double() / 255)
        activation, _ = copy.deepcopy(classifier).double()(features)
    expected["normalized"] = {0: {"activation": rows(activation), "gradient": []}}
    with open("expected.json", "w") as file:
        json.dump(expected, file, indent=1)
        file.write("\n")


main()
