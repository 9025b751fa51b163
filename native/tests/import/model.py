"""The paper's network in parts, with the attributes that the published checkpoints have.

`scope` is how many of the last layers have a tangent: linear1, linear2 and linear3 stand beside conv1, conv2 and conv3.
"""

from torch import nn
from torch.nn import functional as F

from util import NTKConv2d, NTKLinear

SLOPE = 0.01
HEAD = [(64, 128, 4, 1), (128, 256, 4, 2), (256, 512, 4, 1)]


def leaky(x):
    return F.leaky_relu(x, SLOPE)


class FeatureNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 32, 5, 1)
        self.conv2 = nn.Conv2d(32, 64, 4, 2)

    def forward(self, x):
        return leaky(self.conv2(leaky(self.conv1(x))))


class STDHeadNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2, self.conv3 = (nn.Conv2d(*sizes) for sizes in HEAD)

    def forward(self, x):
        for conv in (self.conv1, self.conv2, self.conv3):
            x = leaky(conv(x))
        return x, None


class NTKHeadNet(nn.Module):
    def __init__(self, scope=0):
        super().__init__()
        self.conv1, self.conv2, self.conv3 = (NTKConv2d(*sizes) for sizes in HEAD)
        self.linear1 = self.linear2 = self.linear3 = None
        for index in range(4 - scope, 4):
            setattr(self, f"linear{index}", NTKConv2d(*HEAD[index - 1]))

    def forward(self, x, scope=3):
        tangent = None
        for index in (1, 2, 3):
            conv, linear = getattr(self, f"conv{index}"), getattr(self, f"linear{index}")
            moved = [] if tangent is None else [conv(tangent, with_bias=False)]
            if linear is not None and index > 3 - scope:
                moved.append(linear(x))
            pre = conv(x)
            if moved:
                tangent = sum(moved) * ((pre > 0).to(pre.dtype) + (pre <= 0).to(pre.dtype) * SLOPE)
            x = leaky(pre)
        return x, tangent


class STDClassifier(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.nclasses = classes
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(512, classes)

    def forward(self, x, tangent=None):
        return self.fc(self.avgpool(x).flatten(1)), None


class NTKClassifier(nn.Module):
    def __init__(self, classes, linear=False):
        super().__init__()
        self.nclasses = classes
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = NTKLinear(512, classes)
        self.linear = NTKLinear(512, classes) if linear else None

    def forward(self, x, tangent=None):
        activation = self.fc(self.avgpool(x).flatten(1))
        gradient = None if tangent is None else self.linear(self.avgpool(tangent).flatten(1), with_bias=False)
        return activation, gradient


class Net(nn.Module):
    def __init__(self, fnet, hnet, clf):
        super().__init__()
        self.fnet, self.hnet, self.clf = fnet, hnet, clf

    def forward(self, x, **scope):
        return self.clf(*self.hnet(self.fnet(x), **scope))
