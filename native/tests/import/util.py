"""Layers in the NTK parametrization, under the names that the published checkpoints have."""

import torch
from torch import nn
from torch.nn import functional as F


class Scaled(nn.Module):
    """A layer that applies weight / sqrt(outputs) and sqrt(0.1) * bias."""

    def __init__(self, outputs, shape):
        super().__init__()
        self.outputs = outputs
        self.weight = nn.Parameter(torch.zeros(shape))
        self.bias = nn.Parameter(torch.zeros(outputs))

    def applied(self, with_bias):
        return self.weight * self.outputs**-0.5, self.bias * 0.1**0.5 if with_bias else None


class NTKConv2d(Scaled):
    def __init__(self, inputs, outputs, kernel, stride):
        super().__init__(outputs, [outputs, inputs, kernel, kernel])
        self.stride, self.padding = stride, 0

    def forward(self, x, with_bias=True):
        return F.conv2d(x, *self.applied(with_bias), self.stride)


class NTKLinear(Scaled):
    def __init__(self, inputs, outputs):
        super().__init__(outputs, [outputs, inputs])

    def forward(self, x, with_bias=True):
        return F.linear(x, *self.applied(with_bias))
