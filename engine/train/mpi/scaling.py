#!/usr/bin/env python3
"""Data-parallel scaling on paper: the model of README.md, as a table for 1 to 64 machines."""

import argparse


def ring_seconds(machines, megabytes, gbit, latency, messages):
    """Time to sum `megabytes` over a ring."""
    if machines == 1:
        return 0.0
    return (2 * (machines - 1) / machines * megabytes * 8e-3 / gbit
            + 2 * (machines - 1) * latency * messages)


def step_seconds(machines, options):
    """Time of a step with the sums that backward does not hide."""
    first = min(1.0, options.gradients)  # MiB and MB are close enough here
    rest = max(0.0, options.gradients - first)
    size = min(25.0, max(1.0, options.gradients / 4))
    buckets = 1 + max(1, round(rest / size)) if rest > 0 else 1
    whole = ring_seconds(machines, options.gradients, options.link, options.latency, buckets)
    last = ring_seconds(machines, rest / max(1, buckets - 1) if rest > 0 else first, options.link,
                        options.latency, 1)
    return options.step + max(last, whole - options.step * options.backward)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--step", type=float, required=True, help="seconds of a step on one machine")
    parser.add_argument("--gradients", type=float, required=True, help="MB of gradients")
    parser.add_argument("--link", type=float, default=10, help="Gbit/s of each machine")
    parser.add_argument("--latency", type=float, default=30e-6, help="seconds of a message")
    parser.add_argument("--backward", type=float, default=0.6,
                        help="share of the step that backward goes on after the first bucket")
    options = parser.parse_args()
    print("machines   step ms   speed-up   efficiency")
    for machines in (1, 2, 4, 8, 16, 32, 64):
        seconds = step_seconds(machines, options)
        speed_up = machines * options.step / seconds
        print(f"{machines:8d} {1e3 * seconds:9.1f} {speed_up:10.2f} {100 * speed_up / machines:9.1f} %")


if __name__ == "__main__":
    main()
