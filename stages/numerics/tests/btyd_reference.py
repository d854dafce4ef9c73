#!/usr/bin/env python3
"""Reference values of the BG/NBD and MBG/NBD with 50 digits, over extreme parameters.

Writes btyd_reference.json beside this file; needs mpmath (1.3 or later) and some minutes.

    python3 stages/numerics/tests/btyd_reference.py

Each value is written down from the papers. The conditional expectation is computed twice, as an
integral over the chance of leaving and, where mpmath finds it, as the hypergeometric function of
Fader, Hardie and Lee (2005, eq. 10); the two must agree to 25 digits.
"""

import json
import math
import pathlib
import random

import mpmath as mp

mp.mp.dps = 60
EDGE = mp.mpf(10) ** -40


def gauss_legendre(n):
    """Nodes and weights of the rule of n points on [-1, 1]."""
    rule = []
    for i in range(n):
        x = mp.cos(mp.pi * (i + mp.mpf(3) / 4) / (n + mp.mpf(1) / 2))
        for _ in range(30):
            p0, p1 = mp.mpf(1), x
            for k in range(2, n + 1):
                p0, p1 = p1, ((2 * k - 1) * x * p1 - (k - 1) * p0) / k
            slope = n * (x * p1 - p0) / (x * x - 1)
            x -= p1 / slope
        rule.append((x, 2 / ((1 - x * x) * slope * slope)))
    return rule


RULE = gauss_legendre(40)


def integral(a, c, shape, w):
    """E[(1 - (1 + p w)^-shape) / p] for p ~ Beta(a, c), by s = logit p."""
    ln_beta = mp.loggamma(a) + mp.loggamma(c) - mp.loggamma(a + c)

    def log_integrand(s):
        e = mp.exp(-s)
        ln_p, ln_q = -mp.log1p(e), -s - mp.log1p(e)
        bought = -mp.expm1(-shape * mp.log1p(mp.exp(ln_p) * w))
        return (a - 1) * ln_p + c * ln_q + mp.log(bought) - ln_beta

    left_bend = a + c + (shape + 1) * w / 2
    left, right = mp.log(EDGE / left_bend), -mp.log(EDGE / (a + c + shape + 2))
    # The integrand has one peak: golden search for it, bisection for where it is negligible.
    low, high = left, right
    golden = (mp.sqrt(5) - 1) / 2
    for _ in range(200):
        one, two = high - golden * (high - low), low + golden * (high - low)
        if log_integrand(one) < log_integrand(two):
            low = one
        else:
            high = two
    peak = (low + high) / 2
    top = log_integrand(peak)

    def edge(end):
        if log_integrand(end) > top - 120:
            return end
        inner, outer = peak, end
        for _ in range(30):
            middle = (inner + outer) / 2
            if log_integrand(middle) > top - 120:
                inner = middle
            else:
                outer = middle
        return outer

    start, stop = edge(left), edge(right)
    step = mp.mpf(10) ** -8
    bend = -(log_integrand(peak + step) - 2 * top + log_integrand(peak - step)) / step**2
    width = min(mp.mpf(1), 2 / mp.sqrt(bend)) if bend > 0 else mp.mpf(1)
    n_panels = int(mp.ceil((stop - start) / width))
    half = (stop - start) / n_panels / 2
    total = mp.mpf(0)
    for panel in range(n_panels):
        middle = start + (2 * panel + 1) * half
        for node, weight in RULE:
            total += weight * mp.exp(log_integrand(middle + half * node))
    total *= half
    if start == left:
        height = mp.exp(a * left - ln_beta) * shape * w
        total += height * (1 / a - left_bend * mp.exp(left) / (a + 1))
    if stop == right:
        grown = shape * mp.log1p(w)
        bought = -mp.expm1(-grown)
        bend = a + c - 1 + shape * w / (1 + w) / mp.expm1(grown)
        height = mp.exp(-c * right - ln_beta) * bought
        total += height * (1 / c - bend * mp.exp(-right) / (c + 1))
    return total


def hypergeometric(a, c, shape, w):
    """The same in closed form, or None where mpmath does not find it."""
    values = []
    for dps in (150, 400):
        with mp.workdps(dps):
            try:
                values.append(
                    (a + c - 1) / (a - 1) * (1 - mp.hyp2f1(shape, a - 1, a + c - 1, -w))
                )
            except (ValueError, ZeroDivisionError, mp.libmp.NoConvergence):
                return None
    agree = abs(values[0] - values[1]) <= mp.mpf(10) ** -40 * abs(values[1])
    return values[1] if agree else None


CHECKED = 0


def expectation(a, c, shape, w):
    global CHECKED
    value = integral(a, c, shape, w)
    other = hypergeometric(a, c, shape, w) if a != 1 and shape < 20000 else None
    if other is not None:
        CHECKED += 1
        assert abs(value - other) <= mp.mpf(10) ** -25 * abs(other), (a, c, shape, w, value, other)
    return value


def values(parameters, history, horizon, chances_at_first):
    """All values of one customer; chances_at_first is 0 for BG/NBD and 1 for MBG/NBD."""
    r, alpha, a, b = (mp.mpf(p) for p in parameters)
    x, recency, t = (mp.mpf(h) for h in history)
    h = mp.mpf(horizon)
    m = x + chances_at_first
    ln_beta = lambda p, q: mp.loggamma(p) + mp.loggamma(q) - mp.loggamma(p + q)
    common = mp.loggamma(r + x) - mp.loggamma(r) + r * mp.log(alpha) - ln_beta(a, b)
    alive = common + ln_beta(a, b + m) - (r + x) * mp.log(alpha + t)
    if m > 0:
        left = common + ln_beta(a + 1, b + m - 1) - (r + x) * mp.log(alpha + recency)
        high = max(alive, left)
        ln_likelihood = high + mp.log(mp.exp(alive - high) + mp.exp(left - high))
    else:
        ln_likelihood = alive
    p_alive = mp.exp(alive - ln_likelihood)
    p_any = p_alive * -mp.expm1(-(r + x) * mp.log1p(h / (alpha + t)))
    expected = p_alive * expectation(a, b + m, r + x, h / (alpha + t))
    return {
        "ln_likelihood": float(ln_likelihood),
        "p_alive": float(p_alive),
        "p_any": float(p_any),
        "expected_purchases": float(expected),
    }


def log_uniform(low, high):
    return math.exp(random.uniform(math.log(low), math.log(high)))


def main():
    random.seed(20260101)
    cases = []
    while len(cases) < 120:
        parameters = [float(f"{log_uniform(1e-4, 1e4):.3g}") for _ in range(4)]
        if len(cases) % 10 == 0:
            parameters[2] = 1.0
        x = random.choice([0, 0, 1, 2, int(log_uniform(1, 1e3)), int(log_uniform(1, 1e6))])
        t = random.choice([0.0, float(f"{log_uniform(0.1, 1e5):.4g}")])
        share = random.choice([0.0, 1.0, 0.5, 0.99])
        recency = t * share if x > 0 else 0.0
        horizon = float(f"{log_uniform(0.01, 1e5):.3g}")
        case = {
            "parameters": parameters,
            "x": x,
            "recency": recency,
            "t": t,
            "horizon": horizon,
        }
        for name, chances_at_first in [("BG/NBD", 0), ("MBG/NBD", 1)]:
            case[name] = values(parameters, (x, recency, t), horizon, chances_at_first)
        cases.append(case)
        print(len(cases), case, flush=True)
    oracle = {
        "description": "BG/NBD and MBG/NBD over extreme parameters; see btyd_reference.py",
        "versions": {"mpmath": mp.__version__, "digits": 60},
        "expectations_found_by_hypergeometric_function_too": CHECKED,
        "tolerances": {
            "ln_likelihood_rel": 1e-12,
            "probability_rel": 1e-9,
            "expected_purchases_rel": 1e-9,
        },
        "cases": cases,
    }
    path = pathlib.Path(__file__).with_name("btyd_reference.json")
    path.write_text(json.dumps(oracle, indent=1) + "\n")


if __name__ == "__main__":
    main()
