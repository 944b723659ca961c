#!/usr/bin/env python3
"""Prints the constants of optimizer_test.cc and schedule_test.cc, computed by PyTorch and timm in float64.

    pip install torch timm && python3 optimizer_table.py
"""
import torch
from timm.optim import RMSpropTF

COUNT, STEPS = 5, 6


def values(i):
    return 0.2 * i - 0.3


def gradient(step, i):
    return 0.05 * ((3 * i + 5 * step) % 11) - 0.2


def run(name, make):
    parameter = torch.nn.Parameter(torch.tensor([values(i) for i in range(COUNT)], dtype=torch.float64))
    optimizer = make([parameter])
    for step in range(STEPS):
        optimizer.param_groups[0]["lr"] = 0.1 / (1 + step)
        parameter.grad = torch.tensor([gradient(step, i) for i in range(COUNT)], dtype=torch.float64)
        optimizer.step()
    print(name, ", ".join(f"{v:.9g}" for v in parameter.tolist()))


def schedule(name, make, steps):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.5)
    scheduler = make(optimizer)
    rates = []
    for _ in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    print(name, ", ".join(f"{rate:.9g}" for rate in rates))


run("sgd", lambda p: torch.optim.SGD(p, 0.1, momentum=0.9, weight_decay=0.05))
run("nesterov", lambda p: torch.optim.SGD(p, 0.1, momentum=0.9, weight_decay=0.05, nesterov=True))
run("adam", lambda p: torch.optim.Adam(p, 0.1, betas=(0.9, 0.99), eps=1e-6, weight_decay=0.05))
run("adamw", lambda p: torch.optim.AdamW(p, 0.1, betas=(0.9, 0.99), eps=1e-6, weight_decay=0.05))
run("rmsprop", lambda p: RMSpropTF(p, 0.1, alpha=0.9, eps=1e-3, momentum=0.9, weight_decay=0.05))
schedule("cosine", lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, 10, 0.05), 10)
schedule("step", lambda o: torch.optim.lr_scheduler.StepLR(o, 3, 0.1), 8)
schedule("one-cycle", lambda o: torch.optim.lr_scheduler.OneCycleLR(o, 0.5, 10), 10)
