#!/usr/bin/env python3
"""Times the published recipe in PyTorch beside this program, on the same machine in one run: fitting the full model on
CIFAR-10, from raw images to measured accuracy.

    pip install torch
    cargo build --release
    python bench/published.py [--scopes conv5 conv4-5 conv3-5] [--gradfeat target/release/gradfeat] [--data-dir DIR]

Written from the paper's Eq. 2, 6 and 7 and the published settings: SGD with momentum on batches of 128, the gradient's
norm clipped at 10, and 50,000 steps that all compute the frozen layers again. It times some of those steps, before and
after this program's whole run, and multiplies them by 50,000. The run itself starts with an empty feature cache.
"""

import argparse
import json
import os
import subprocess
import tempfile
import time

import torch
from compare import ENCODER, median
from torch import nn
from torch.nn import functional as F

STEPS, BATCH, CLASSES, SLOPE = 50_000, 128, 10, 0.01
LAYERS = {"conv5": 1, "conv4-5": 2, "conv3-5": 3}


def published_step(scope):
    frozen = [nn.Conv2d(inputs, outputs, kernel, stride) for inputs, outputs, kernel, stride in ENCODER]
    moving = [nn.Conv2d(inputs, outputs, kernel, stride) for inputs, outputs, kernel, stride in ENCODER[-LAYERS[scope]:]]
    w1, omega = nn.Linear(512, CLASSES), nn.Linear(512, CLASSES, bias=False)
    for part in (*frozen, omega):
        part.requires_grad_(False)
    trained = [parameter for part in (w1, *moving) for parameter in part.parameters()]
    optimizer = torch.optim.SGD(trained, 0.1, 0.9, weight_decay=5e-5)
    images, labels = torch.rand(BATCH, 3, 32, 32), torch.arange(BATCH) % CLASSES

    def dual(value):
        """The activation and its directional derivative along `moving`."""
        lower, tangent = len(frozen) - len(moving), None
        for layer in frozen[:lower]:
            value = F.leaky_relu(layer(value), SLOPE)
        for layer, along in zip(frozen[lower:], moving):
            derivative = along(value)
            if tangent is not None:
                derivative = derivative + F.conv2d(tangent, layer.weight, stride=layer.stride)
            before = layer(value)
            tangent = derivative * torch.where(before > 0, 1.0, SLOPE)
            value = F.leaky_relu(before, SLOPE)
        return value.flatten(1), tangent.flatten(1)

    def step():
        activation, tangent = dual(images)
        optimizer.zero_grad()
        F.cross_entropy(w1(activation) + omega(tangent), labels).backward()
        nn.utils.clip_grad_norm_(trained, 10)
        optimizer.step()

    return step


def fit(gradfeat, scope, data):
    """This program's accuracy and wall time, in seconds, with empty caches."""
    with tempfile.TemporaryDirectory() as folder:
        command = [gradfeat, "train", "--mode", "full", "--scope", scope, "--device", "cpu", "--json", "--quiet",
                   "--cache-dir", folder, "--runs-dir", folder, *data]
        begun = time.perf_counter()
        printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        seconds = time.perf_counter() - begun
    return json.loads(printed)["full"]["test_accuracy"], seconds


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--gradfeat", default="target/release/gradfeat")
    parser.add_argument("--scopes", nargs="+", choices=LAYERS, default=list(LAYERS))
    parser.add_argument("--data-dir")
    parser.add_argument("--runs", type=int, default=31)
    arguments = parser.parse_args()
    torch.set_num_threads(os.cpu_count())
    data = ["--data-dir", arguments.data_dir] if arguments.data_dir else []
    print(f"{'scope':<10}{'published, ms/step':>20}{'published, min':>16}{'gradfeat, min':>15}{'ratio':>8}{'test %':>8}")
    for scope in arguments.scopes:
        before = median(published_step(scope), arguments.runs)
        accuracy, seconds = fit(arguments.gradfeat, scope, data)
        step = min(before, median(published_step(scope), arguments.runs))
        whole = step * STEPS / 1e3
        print(f"{scope:<10}{step:>20.1f}{whole / 60:>16.1f}{seconds / 60:>15.1f}{whole / seconds:>8.1f}"
              f"{100 * accuracy:>8.2f}", flush=True)


if __name__ == "__main__":
    main()
