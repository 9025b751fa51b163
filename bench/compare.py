#!/usr/bin/env python3
"""Times this program's work beside PyTorch's on the same machine, in one run, and prints the ratios.

    pip install torch
    cargo build --release
    python bench/compare.py [--gradfeat target/release/gradfeat] [--runs 15]

Written from the papers' equations. Both sides use all cores and 32-bit floats. They take turns, so other load on the
machine affects both.
"""

import argparse
import json
import os
import statistics
import subprocess
import time

import torch
from torch import nn
from torch.nn import functional as F

ENCODER = [(3, 32, 5, 1), (32, 64, 4, 2), (64, 128, 4, 1), (128, 256, 4, 2), (256, 512, 4, 1)]


def convolutions(layers, slope, normalized, last=True):
    made = []
    for index, (inputs, outputs, kernel, stride) in enumerate(layers):
        made.append(nn.Conv2d(inputs, outputs, kernel, stride, bias=not normalized))
        if normalized:
            made.append(nn.BatchNorm2d(outputs))
        if last or index + 1 < len(layers):
            made.append(nn.LeakyReLU(slope))
    return nn.Sequential(*made)


class Maxout(nn.Module):
    def forward(self, x):
        n, c, h, w = x.shape
        return x.view(n, c // 2, 2, h, w).amax(2)


def ali_step():
    """A step of ALI (Dumoulin et al. 2017), batch 100: both players from one forward pass, simultaneous updates."""
    latent, slope, batch = 64, 0.1, 100
    encoder = nn.Sequential(convolutions(ENCODER + [(512, 512, 1, 1)], slope, True), nn.Conv2d(512, 2 * latent, 1))
    ups = [(latent, 256, 4, 1), (256, 128, 4, 2), (128, 64, 4, 1), (64, 32, 4, 2), (32, 32, 5, 1), (32, 32, 1, 1)]
    generator = nn.Sequential(
        *[part for i, o, k, s in ups
          for part in (nn.ConvTranspose2d(i, o, k, s, bias=False), nn.BatchNorm2d(o), nn.LeakyReLU(slope))],
        nn.Conv2d(32, 3, 1))

    def maxouts(channels, shapes, first):
        made = []
        for index, (outputs, kernel, stride) in enumerate(shapes):
            made += [nn.Dropout(first if index == 0 else 0.5), nn.Conv2d(channels, outputs, kernel, stride), Maxout()]
            channels = outputs // 2
        return nn.Sequential(*made)

    of_x = maxouts(3, [(32, 5, 1), (64, 4, 2), (128, 4, 1), (256, 4, 2), (512, 4, 1)], 0.2)
    of_z = maxouts(latent, [(512, 1, 1), (512, 1, 1)], 0.2)
    of_both = nn.Sequential(maxouts(512, [(1024, 1, 1), (1024, 1, 1)], 0.5), nn.Dropout(0.5), nn.Conv2d(512, 1, 1))
    players = [*encoder.parameters(), *generator.parameters()]
    judges = [*of_x.parameters(), *of_z.parameters(), *of_both.parameters()]
    optimizers = [torch.optim.Adam(group, 1e-4, (0.5, 0.999)) for group in (players, judges)]

    def step():
        x, z = torch.rand(batch, 3, 32, 32), torch.randn(batch, latent, 1, 1)
        mean, log_deviation = encoder(x).chunk(2, 1)
        encoded = mean + log_deviation.exp() * torch.randn_like(mean)
        made = torch.sigmoid(generator(z))
        both = torch.cat([of_x(torch.cat([x, made])), of_z(torch.cat([encoded, z]))], 1)
        data, sample = of_both(both).flatten().chunk(2)
        judge = (F.softplus(-data) + F.softplus(sample)).mean()
        player = (F.softplus(data) + F.softplus(-sample)).mean()
        of_judges = torch.autograd.grad(judge, judges, retain_graph=True)
        of_players = torch.autograd.grad(player, players)
        for group, gradients in ((judges, of_judges), (players, of_players)):
            for parameter, gradient in zip(group, gradients):
                parameter.grad = gradient
        for optimizer in optimizers:
            optimizer.step()

    return step


def rotation_step():
    """A step of the rotation pretext (Gidaris et al. 2018): 64 images in four turns."""
    net = nn.Sequential(convolutions(ENCODER, 0.01, True), nn.Flatten(), nn.Linear(512, 4))
    optimizer = torch.optim.SGD(net.parameters(), 0.05, 0.9, weight_decay=5e-4, nesterov=True)
    turns = torch.arange(4).repeat(64)

    def step():
        images = torch.rand(64, 3, 32, 32)
        x = torch.stack([images.rot90(turn, (2, 3)) for turn in range(4)], 1).flatten(0, 1)
        optimizer.zero_grad()
        F.cross_entropy(net(x), turns).backward()
        optimizer.step()

    return step


def forward():
    net = convolutions(ENCODER, 0.01, False)
    images = torch.rand(128, 3, 32, 32)

    def step():
        with torch.no_grad():
            net(images)

    return step


def median(step, runs):
    times = []
    for run in range(runs + 2):
        begun = time.perf_counter()
        step()
        if run >= 2:
            times.append(1e3 * (time.perf_counter() - begun))
    return statistics.median(times)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--gradfeat", default="target/release/gradfeat")
    parser.add_argument("--runs", type=int, default=15)
    arguments = parser.parse_args()
    torch.set_num_threads(os.cpu_count())
    theirs = {"encoder forward": forward, "rotation step": rotation_step, "ali step": ali_step}
    seen = {work: ([], []) for work in theirs}
    for _ in range(3):
        command = [arguments.gradfeat, "bench", "--device", "cpu", "--json", "--quiet", "--runs", str(arguments.runs)]
        ours = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        for timing in ours:
            if timing["work"] in seen:
                seen[timing["work"]][0].append(timing["milliseconds"])
        for work, make in theirs.items():
            seen[work][1].append(median(make(), arguments.runs))
    print(f"{'work':<24}{'gradfeat, ms':>14}{'PyTorch, ms':>14}{'ratio':>8}")
    for work, (ours, pytorch) in seen.items():
        mine, other = min(ours), min(pytorch)
        print(f"{work:<24}{mine:>14.1f}{other:>14.1f}{mine / other:>8.2f}")


if __name__ == "__main__":
    main()
