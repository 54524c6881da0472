"""Servers that a random load takes: Erlang's formulas and their square-root rule.

A load of ``A`` Erlang keeps ``A`` servers busy on average. With Poisson arrivals, exponential
service and ``n > A`` servers a request finds none of them free with probability::

    B(n) = A B(n - 1) / (n + A B(n - 1)),  B(0) = 1      (Erlang B: the request is lost)
    C(n) = n B(n) / (n - A (1 - B(n)))                   (Erlang C: it waits)

Halfin and Whitt's limit of large loads: with ``n = A + beta * sqrt(A)`` servers the probability
of waiting tends to ``1 / (1 + beta * Phi(beta) / phi(beta))``, whatever the load.
"""

from __future__ import annotations

import math
from typing import Final

_FORGOTTEN: Final = 12.0
"""Standard deviations below the load at which the recursion may start from an estimate.

What it starts from is multiplied by ``exp(-12 ** 2 / 2)`` on the way to the load.
"""


def erlang_b(servers: int, load_erlang: float) -> float:
    """Return the probability that a request is lost where none can wait.

    Examples
    --------
    >>> round(erlang_b(14, 10.0), 6)
    0.056819
    """
    inverse = 1.0
    for count in range(1, servers + 1):
        inverse = 1.0 + count / load_erlang * inverse
    return 1.0 / inverse


def erlang_c(servers: int, load_erlang: float) -> float:
    """Return the probability that a request waits; one where the load exceeds the servers.

    Examples
    --------
    >>> round(erlang_c(14, 10.0), 6)
    0.174132
    """
    return _waiting(servers, load_erlang, erlang_b(servers, load_erlang))


def servers_needed(load_erlang: float, wait_probability: float) -> int:
    """Return the least number of servers at which no more requests wait than asked.

    Parameters
    ----------
    load_erlang
        Load in Erlang, zero or more.
    wait_probability
        Greatest probability of waiting, between 0 and 1.

    Examples
    --------
    >>> servers_needed(100.0, 0.05)
    119
    """
    if load_erlang <= 0.0:
        return 0
    servers = max(0, math.floor(load_erlang - _FORGOTTEN * math.sqrt(load_erlang)))
    inverse = 1.0 if servers == 0 else 1.0 / (1.0 - servers / load_erlang)
    while True:
        servers += 1
        inverse = 1.0 + servers / load_erlang * inverse
        if _waiting(servers, load_erlang, 1.0 / inverse) <= wait_probability:
            return servers


def _waiting(servers: int, load_erlang: float, lost: float) -> float:
    if servers <= load_erlang:
        return 1.0
    return servers * lost / (servers - load_erlang * (1.0 - lost))


def waiting_in_the_limit(beta: float) -> float:
    """Return the probability of waiting with ``A + beta * sqrt(A)`` servers at large loads.

    Examples
    --------
    >>> waiting_in_the_limit(0.0)
    1.0
    """
    density = math.exp(-beta * beta / 2.0) / math.sqrt(2.0 * math.pi)
    below = 0.5 * (1.0 + math.erf(beta / math.sqrt(2.0)))
    return 1.0 / (1.0 + beta * below / density)


def square_root_factor(wait_probability: float) -> float:
    """Return ``beta`` of the square-root rule for a probability of waiting.

    Parameters
    ----------
    wait_probability
        Probability of waiting, above 0 and below 1.

    Examples
    --------
    >>> round(square_root_factor(0.05), 4)
    1.7398
    """
    low, high = 0.0, 40.0
    while high - low > 1e-13 * high:
        middle = (low + high) / 2.0
        if middle in {low, high}:
            break
        if waiting_in_the_limit(middle) > wait_probability:
            low = middle
        else:
            high = middle
    return (low + high) / 2.0
