"""One job: a Gaussian process over given kernels, with what it would say of a record if its product were unknown."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Ints = NDArray[np.intp]

NOISE = 0.125  # variance of the log price of one offer around its product's
ROBUST = 0.3  # how fast an offer that its neighbours contradict loses weight
ROBUST_UP_TO = 500  # records; of many, one contradicted offer matters too little for a second inversion


class Process:
    """`y` are log prices; `doubt` (1 and more) widens the noise of single ones."""

    def __init__(self, kernel: Array, y: Array, doubt: Array) -> None:
        self._center = float(np.quantile(y, 0.5))
        self._wanted = y - self._center
        kernel = (kernel + kernel.T) / 2
        noise = NOISE * doubt
        self._inverse = np.linalg.inv(kernel + np.diag(noise))
        if len(y) <= ROBUST_UP_TO:
            spread = 1 / np.diag(self._inverse)
            surprise = (self._inverse @ self._wanted * spread) ** 2 / spread
            noise = noise * (1 + ROBUST * np.maximum(0.0, surprise - 1))
            self._inverse = np.linalg.inv(kernel + np.diag(noise))
        self._weights = self._inverse @ self._wanted

    def predict(self, near: Array) -> tuple[float, float]:
        """The value for a record with this kernel to the known ones, and how much of the variance they explain."""
        return self._center + float(near @ self._weights), float(near @ self._inverse @ near)

    def without_group(self, groups: Sequence[Ints]) -> Array:
        """The value for each record from all but its group, in closed form (Rasmussen and Williams 2006, 5.4.2)."""
        out = self._center + self._wanted - self._weights / np.diag(self._inverse)
        for rows in groups:
            if len(rows) > 1:
                block = self._inverse[np.ix_(rows, rows)]
                out[rows] = self._center + self._wanted[rows] - np.linalg.solve(block, self._weights[rows])
        return np.asarray(out, dtype=np.float64)


def groups_of(pairs: Sequence[tuple[int, int]], count: int) -> list[Ints]:
    """The records that pairs connect, as rising numbers; a record without a pair is a group of its own."""
    parent = list(range(count))

    def root(number: int) -> int:
        while parent[number] != number:
            parent[number] = parent[parent[number]]
            number = parent[number]
        return number

    for a, b in pairs:
        parent[root(a)] = root(b)
    members: dict[int, list[int]] = {}
    for number in range(count):
        members.setdefault(root(number), []).append(number)
    return [np.array(m, dtype=np.intp) for m in members.values()]
