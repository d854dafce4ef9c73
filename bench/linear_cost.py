#!/usr/bin/env python3
"""Runs the bench `linear_cost` on one core, prints its fastest times as a table of docs/performance.md and
draws docs/images/linear-cost.svg. The fastest of three: what else the machine does only adds.

    bench/linear_cost.py [saved output of the bench]
"""

import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PLOT = ROOT / "docs" / "images" / "linear-cost.svg"
SECONDS = {"ns": 1e-9, "µs": 1e-6, "ms": 1e-3, "s": 1.0}
NAMES = {
    "bg_nbd_scores": "BG/NBD: histories to scores and value",
    "ten_lloyd_iterations": "k-means: ten Lloyd iterations, 6 features, 8 clusters",
    "assignment": "k-means: one assignment",
    "segment_profiles": "profiles of 8 segments, 6 features",
}
COLOURS = ["#1b6ca8", "#c8553d", "#5b8c5a", "#7d5ba6"]


def run():
    command = ["cargo", "bench", "--locked", "--package", "idip-numerics", "--bench", "linear_cost"]
    environment = dict(os.environ, RAYON_NUM_THREADS="1")
    return subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True,
                          encoding="utf-8").stdout


def fastest(text):
    """Seconds by kernel and number of customers: the first time of a line is the fastest."""
    found, kernel = {}, None
    for line in text.splitlines():
        name = re.search(r"[├╰]─ (\w+)", line)
        times = re.findall(r"([\d.]+) (ns|µs|ms|s)\b", line)
        if not name:
            continue
        if not name[1].isdigit():
            kernel = name[1]
        elif kernel in NAMES and times:
            value, unit = times[0]
            found.setdefault(kernel, {})[int(name[1])] = float(value) * SECONDS[unit]
    return found


def table(found):
    sizes = sorted(next(iter(found.values())))
    rows = ["| kernel, one core | " + " | ".join(f"{n / 1e6:g} million" for n in sizes) + " |",
            "|---" * (len(sizes) + 1) + "|"]
    for kernel, name in NAMES.items():
        times = " | ".join(f"{found[kernel][n]:.3g} s" for n in sizes)
        rows.append(f"| {name} | {times} |")
    return "\n".join(rows)


def plot(found):
    """Microseconds a customer would be flat lines; seconds over customers are straight ones."""
    width, height, left, right, top, bottom = 760, 420, 60, 20, 24, 130
    most_n = max(n for times in found.values() for n in times)
    most_s = max(s for times in found.values() for s in times.values())
    x = lambda n: left + n / most_n * (width - left - right)
    y = lambda s: height - bottom - s / most_s * (height - top - bottom)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
             'font-family="sans-serif" font-size="12">',
             f'<rect width="{width}" height="{height}" fill="white"/>',
             f'<path d="M{left} {top}V{height - bottom}H{width - right}" fill="none" stroke="#555"/>']
    for million in range(1, int(most_n / 1e6) + 1):
        parts.append(f'<text x="{x(million * 1e6):.1f}" y="{height - bottom + 18}" '
                     f'text-anchor="middle">{million} million</text>')
    for part in (0.25, 0.5, 0.75, 1.0):
        parts.append(f'<text x="{left - 6}" y="{y(part * most_s) + 4:.1f}" '
                     f'text-anchor="end">{part * most_s:.2g} s</text>')
    for place, (kernel, name) in enumerate(NAMES.items()):
        times = sorted(found[kernel].items())
        colour = COLOURS[place]
        line = " ".join(f"{x(n):.1f},{y(s):.1f}" for n, s in times)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x(n):.1f}" cy="{y(s):.1f}" r="3" fill="{colour}"/>'
                  for n, s in times]
        at = height - bottom + 44 + 20 * place
        parts.append(f'<rect x="{left}" y="{at - 9}" width="12" height="10" fill="{colour}"/>')
        parts.append(f'<text x="{left + 20}" y="{at}">{name}</text>')
    return "\n".join(parts + ["</svg>", ""])


def main():
    text = pathlib.Path(sys.argv[1]).read_text(encoding="utf-8") if len(sys.argv) > 1 else run()
    found = fastest(text)
    if set(found) != set(NAMES):
        sys.exit(f"expected the kernels {sorted(NAMES)}, found {sorted(found)}")
    PLOT.write_text(plot(found), encoding="utf-8")
    print(table(found))


if __name__ == "__main__":
    main()
