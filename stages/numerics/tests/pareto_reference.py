#!/usr/bin/env python3
"""Values of the Pareto/NBD at 50 digits, for `btyd_pareto_reference.rs`.

Written down from the papers, not from the Rust code: the closed forms by 2F1 of Fader and Hardie
(2005), evaluated with as many digits as their cancellation needs. Where that takes more than
`PATIENCE` seconds, tanh-sinh quadrature over the time of death. And for some customers a brute
integral over the two gamma distributions. The Rust code has none of these.

    pip install mpmath==1.3.0
    python3 pareto_reference.py            # writes pareto_reference.json beside this file
"""

import json
import pathlib
import random
import signal

import mpmath
from mpmath import mp, mpf

DIGITS = 50
PATIENCE = 4


def f0(r, alpha, s, beta, x, t):
    """2F1(...) / (max(alpha, beta) + t)^(r+s+x), for either order of alpha and beta."""
    n = r + s + x
    second = s + 1 if alpha >= beta else r + x
    longer = max(alpha, beta) + t
    z = abs(alpha - beta) / longer
    # 2F1(a, b; a + 1; z) = a z^-a B_z(a, 1 - b) would need B at negative arguments: sum the
    # series of positive terms that Euler's transformation gives, or leave it to mpmath near 1.
    if z < mpf("0.95"):
        value = (1 - z) ** (1 - second) * positive_series(n + 1 - second, n + 1, z)
    else:
        value = mp.hyp2f1(n, second, n + 1, z, maxterms=10**7, maxprec=10**5)
    return value / longer**n


def positive_series(a, c, z):
    """2F1(1, a; c; z)."""
    term = total = mpf(1)
    k = 0
    while term > total * mpf(10) ** (-mp.dps - 5):
        term *= z * (a + k) / (c + k)
        total += term
        k += 1
    return total


by_quadrature = False


def weights(r, alpha, s, beta, x, t_x, t):
    """Alive and dead parts of the likelihood, without Gamma(r+x)/Gamma(r) alpha^r beta^s."""
    alive = 1 / ((alpha + t) ** (r + x) * (beta + t) ** s)
    if t == t_x:
        return alive, mpf(0)
    if by_quadrature:
        # Panels that double, from a small share of the fastest decay on.
        panel = min((alpha + t_x) / (r + x), (beta + t_x) / (s + 1)) / 16
        points = [t_x]
        while t_x + panel < t:
            points.append(t_x + panel)
            panel *= 2
        points.append(t)
        scale = (alpha + t_x) ** (r + x) * (beta + t_x) ** (s + 1)
        def f(tau):
            return scale * (alpha + tau) ** -(r + x) * (beta + tau) ** -(s + 1)
        total = mpf(0)
        for low, high in zip(points, points[1:]):
            part = mp.quad(f, [low, high])
            total += part
            if part < total * mpf(10) ** -(DIGITS + 10) and f(high) < total:
                break
        return alive, s * total / scale
    a0 = f0(r, alpha, s, beta, x, t_x) - f0(r, alpha, s, beta, x, t)
    return alive, s / (r + s + x) * a0


def ln_likelihood(r, alpha, s, beta, x, t_x, t):
    alive, dead = weights(r, alpha, s, beta, x, t_x, t)
    factor = mp.loggamma(r + x) - mp.loggamma(r) + r * mp.log(alpha) + s * mp.log(beta)
    return factor + mp.log(alive + dead)


def p_alive(r, alpha, s, beta, x, t_x, t):
    alive, dead = weights(r, alpha, s, beta, x, t_x, t)
    return alive / (alive + dead)


def p_any(r, alpha, s, beta, x, t_x, t, h):
    """P(alive) times one less the probability of no purchase of a customer with updated gammas."""
    none = mp.exp(ln_likelihood(r + x, alpha + t, s, beta + t, 0, mpf(0), h))
    return p_alive(r, alpha, s, beta, x, t_x, t) * (1 - none)


def expected(r, alpha, s, beta, x, t_x, t, h):
    lived = beta + t
    return (
        p_alive(r, alpha, s, beta, x, t_x, t)
        * (r + x)
        / (alpha + t)
        * lived
        / (s - 1)
        * (1 - (lived / (lived + h)) ** (s - 1))
    )


def dert(r, alpha, s, beta, x, t_x, t, rate):
    z = rate * (beta + t)
    if by_quadrature:
        edges = [mpf(k) / 4 for k in range(int(4 * mp.log(1 + 200 / z)) + 2)]
        f = lambda v: mp.exp((1 - s) * v - z * mp.expm1(v))
        u = z ** (1 - s) * mp.quad(f, edges)
    else:
        u = mp.exp(z) * mp.gammainc(1 - s, z)
    return (
        p_alive(r, alpha, s, beta, x, t_x, t)
        * (r + x)
        * (beta + t)
        / (alpha + t)
        * z ** (s - 1)
        * u
    )


def brute(r, alpha, s, beta, x, t_x, t, h):
    """The same from the behaviour of one customer, integrated over lambda and mu."""
    mp.dps = 15

    def mean(of):
        def over_mu(lam):
            def f(mu):
                both = lam + mu
                likelihood = lam**x * (
                    mu / both * mp.exp(-both * t_x) + lam / both * mp.exp(-both * t)
                )
                alive = lam**x * mp.exp(-both * t)
                none = mp.exp(-both * h) + mu / both * (1 - mp.exp(-both * h))
                purchases = lam / mu * (1 - mp.exp(-mu * h))
                prior = (
                    alpha**r * lam ** (r - 1) * mp.exp(-alpha * lam) / mp.gamma(r)
                    * beta**s * mu ** (s - 1) * mp.exp(-beta * mu) / mp.gamma(s)
                )
                return prior * of(likelihood, alive, none, purchases)
            return mp.quad(f, [0, 0.01, 0.1, 0.5, 2, 10])
        return mp.quad(over_mu, [0, 0.05, 0.2, 1, 3, 10])

    likelihood = mean(lambda l, a, none, n: l)
    return {
        "ln_likelihood": float(mp.log(likelihood)),
        "p_alive": float(mean(lambda l, a, none, n: a) / likelihood),
        "p_any": float(mean(lambda l, a, none, n: a * (1 - none)) / likelihood),
        "expected_purchases": float(mean(lambda l, a, none, n: a * n) / likelihood),
    }


def log_uniform(rng, low, high):
    return float("%.4g" % (low * (high / low) ** rng.random()))


def extreme_case(rng):
    """Parameters from 1e-4 to 1e4, up to a million purchases in up to 1e5 units of time."""
    r, alpha, s, beta = (log_uniform(rng, 1e-4, 1e4) for _ in range(4))
    if rng.random() < 0.1:
        beta = alpha
    x = rng.choice([0, 0, 1, 2, 5, 20, 100, 1000, 20_000, 1_000_000])
    t = log_uniform(rng, 1e-2, 1e5)
    share = rng.choice([0.0, 0.01, 0.5, 0.9, 0.999, 1.0])
    return r, alpha, s, beta, x, (float("%.6g" % (share * t)) if x else 0.0), t


def usual_case(rng):
    """What a shop's nights look like, in weeks."""
    r, alpha = log_uniform(rng, 0.2, 3), log_uniform(rng, 2, 60)
    s, beta = log_uniform(rng, 0.2, 3), log_uniform(rng, 2, 60)
    x = rng.choice([0, 0, 1, 2, 3, 8, 30])
    t = rng.randrange(1, 730) / 7
    return r, alpha, s, beta, x, (t * rng.random() if x else 0.0), t


def values(case, h, rate, digits):
    mp.dps = digits
    numbers = [mpf(v) for v in case[:4]] + [case[4]] + [mpf(v) for v in case[5:]]
    return [
        ln_likelihood(*numbers),
        p_alive(*numbers),
        p_any(*numbers, mpf(h)),
        expected(*numbers, mpf(h)),
        dert(*numbers, mpf(rate)),
    ]


def closed_form(case, h, rate):
    """Repeats with more digits until nothing changes: the difference of two 2F1 loses some."""
    found = values(case, h, rate, DIGITS + 30)
    for digits in (200, 500, 1200):
        previous, found = found, values(case, h, rate, digits)
        if all(abs(a - b) <= abs(b) * mpf(10) ** -DIGITS for a, b in zip(previous, found)):
            return found
    raise ArithmeticError(f"not settled: {case}")


class TooSlow(Exception):
    pass


def too_slow(*_):
    raise TooSlow


def evaluate(case, h, rate):
    global by_quadrature
    signal.signal(signal.SIGALRM, too_slow)
    signal.alarm(PATIENCE)
    try:
        found, how = closed_form(case, h, rate), "2F1"
    except (TooSlow, ArithmeticError, ValueError, ZeroDivisionError):
        by_quadrature = True
        signal.alarm(0)
        found, how = values(case, h, rate, DIGITS + 10), "quadrature"
    finally:
        by_quadrature = False
        signal.alarm(0)
    names = ["ln_likelihood", "p_alive", "p_any", "expected_purchases", "dert"]
    return {"how": how, **{name: float(value) for name, value in zip(names, found)}}


def main():
    rng = random.Random(20261125)
    rows = []
    for kind, make, n in (("usual", usual_case, 40), ("extreme", extreme_case, 80)):
        for _ in range(n):
            case = make(rng)
            h = log_uniform(rng, 0.1, 100) if kind == "usual" else log_uniform(rng, 1e-3, 1e5)
            rate = log_uniform(rng, 1e-5, 1e-1)
            found = evaluate(case, h, rate)
            keys = ["r", "alpha", "s", "beta", "x", "t_x", "t"]
            rows.append({"kind": kind, **dict(zip(keys, case)), "h": h, "rate": rate, **found})
            print(len(rows), rows[-1], flush=True)
    brutes = []
    for case, h in (
        ((1.3, 4.0, 1.6, 5.0, 2, 3.0, 8.0), 6.0),
        ((2.1, 6.0, 1.2, 3.0, 0, 0.0, 5.0), 10.0),
    ):
        keys = ["r", "alpha", "s", "beta", "x", "t_x", "t"]
        brutes.append({**dict(zip(keys, case)), "h": h, **brute(*case, h)})
        print(brutes[-1], flush=True)
    path = pathlib.Path(__file__).with_suffix(".json")
    out = {
        "made_by": f"pareto_reference.py with mpmath {mpmath.__version__}, {DIGITS} digits",
        "rows": rows,
        "integrated_over_customers": brutes,
    }
    path.write_text(json.dumps(out, indent=1) + "\n")


if __name__ == "__main__":
    main()
