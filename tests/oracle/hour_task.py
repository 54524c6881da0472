"""A small problem by the hour in raw numbers, and its matrix written down from them alone.

One service may be placed at two sites; nothing limits it but its accelerators. Every unknown of
every hour is a column of one linear program for each choice of the lines; nothing of the package
is used, and no yearly sum is kept where the hours say it.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from random import Random

import numpy as np

from tests.oracle.exact import Linear
from tests.oracle.raw_program import Key, Program

SITES = ("coast", "plateau")
HOURS = range(24)
MONTHS_OF = {1: {1: 12}, 3: {2: 3, 5: 4, 9: 5}}
"""Months of the typical days, and how many months each stands for."""

DAYS_OF = {1: {1: 365.0}, 3: {2: 89.0, 5: 123.0, 9: 153.0}}


@dataclass(frozen=True)
class Site:
    """Numbers of one site: prices in yuan, powers in MW, capital in yuan for a kW or kWh."""

    temperature: dict[int, float]
    price: dict[int, list[float]]
    demand_charge: float
    sun: dict[int, list[float]]
    wind: dict[int, list[float]]
    roof_mw: float
    roof_capital: float
    line_mw: tuple[float, float]
    line_capital: tuple[float, float]
    line_kept: float
    line_export: float
    battery: tuple[float, float]
    battery_capital: tuple[float, float]
    charge: float
    discharge: float
    trade_price: float
    trade_gwh: float


@dataclass(frozen=True)
class Task:
    """Numbers of a problem."""

    sites: tuple[Site, Site]
    days: dict[int, float]
    months: dict[int, int]
    load_mw: float
    shape: list[float]
    flexible: float
    cards_mw: float
    peak_factor: float | None
    self_use: float
    load_share: float
    export: float
    matching: float
    penalty: float
    carbon_price: float
    green: float
    location: float
    annuity: float


def random_task(seed: int) -> Task:
    """Return a problem at random, in which most options pay now and then."""
    random = Random(seed)  # noqa: S311 - not for secrets
    number = random.choice([1, 1, 3])
    days = DAYS_OF[number]
    loads = [random.randint(1, 4) for _hour in HOURS]
    mean = sum(loads) / 24
    load_mw = float(random.randint(4, 9))
    needed = math.ceil(1000 * max(loads) / mean * load_mw) / 1000

    def hourly(low: float, high: float) -> dict[int, list[float]]:
        return {month: [round(random.uniform(low, high), 2) for _hour in HOURS] for month in days}

    def site() -> Site:
        return Site(
            temperature={month: float(random.randint(0, 25)) for month in days},
            price=hourly(0.1, 0.9),
            demand_charge=float(random.choice([0, 20, 40])),
            sun=hourly(0.0, 0.8),
            wind=hourly(0.1, 0.5),
            roof_mw=float(random.choice([0, 2, 5])),
            roof_capital=float(random.randint(500, 4000)),
            line_mw=random.choice([(0.0, 0.0), (10.0, 0.0), (6.0, 12.0)]),
            line_capital=(float(random.randint(500, 4000)), float(random.randint(1000, 6000))),
            line_kept=float(random.randint(0, 150)),
            line_export=float(random.randint(100, 300)),
            battery=random.choice([(0.0, 0.0), (2.0, 9.0), (5.0, 12.0)]),
            battery_capital=(float(random.randint(0, 400)), float(random.randint(0, 800))),
            charge=random.choice([0.9, 1.0]),
            discharge=random.choice([0.85, 1.0]),
            trade_price=float(random.randint(0, 40)),
            trade_gwh=float(random.choice([0, 15, 30])),
        )

    return Task(
        sites=(site(), site()),
        days=days,
        months=MONTHS_OF[number],
        load_mw=load_mw,
        shape=[load / mean for load in loads],
        flexible=random.choice([0.0, 0.2, 0.6]),
        cards_mw=needed + random.choice([0, 1, 8]),
        peak_factor=random.choice([None, 1.0, 1.1]),
        self_use=random.choice([0.0, 0.6]),
        load_share=random.choice([0.0, 0.3]),
        export=random.choice([1.0, 0.2]),
        matching=random.choice([0.0, 0.7]),
        penalty=round(random.uniform(0.02, 0.4), 3),
        carbon_price=random.choice([0.0, 0.0, 150.0]),
        green=random.choice([0.0, 0.3]),
        location=random.choice([0.4, 0.7]),
        annuity=random.choice([0.06, 0.1]),
    )


def pue(site: Site, month: int) -> float:
    """Return the PUE of a month: 1.1 and a hundredth for each degree above ten."""
    return 1.1 + 0.01 * max(0.0, site.temperature[month] - 10.0)


DESIGN_PUE = 1.1 + 0.01 * 20
CEILING_MW = 100.0


class HourProgram:
    """Writes the program of a task with the lines chosen."""

    def __init__(self, task: Task, lines: tuple[bool, ...]) -> None:
        self.task = task
        self.lines = lines
        self.program = Program()
        self.hours = list(itertools.product(task.days, HOURS))
        keep = self.program.keep
        cards: dict[Key, float] = {}
        for name, site, line in zip(SITES, task.sites, lines, strict=True):
            self._site(name, site, line=line)
            cards["cards", name] = 1.0
        loads: dict[Key, float] = {("load", name): 1.0 for name in SITES}
        keep(loads, low=task.load_mw, high=task.load_mw)
        keep(cards, high=task.cards_mw)
        if task.matching:
            self._matching()

    def _site(self, name: str, site: Site, *, line: bool) -> None:
        task, program = self.task, self.program
        load = program.add("load", name)
        cards = program.add("cards", name)
        program.keep({load: max(task.shape), cards: -1.0}, high=0)
        # Power contracted or housed grows with the accelerators, which draw 1 kW at most.
        if task.peak_factor is None:
            program.pay(cards, DESIGN_PUE * site.demand_charge * 12 / 1e3)
        program.keep({cards: DESIGN_PUE}, high=CEILING_MW)
        self._sizes(name, site, line=line)
        if task.matching:
            program.add("trade", name, high=site.trade_gwh, cost=site.trade_price / 1e3)
        spare = [program.add("spare", name, str(hour)) for hour in HOURS]
        for hour in HOURS:
            program.keep({spare[hour]: 1.0, load: task.shape[hour], cards: -1.0}, high=0)
            program.keep({spare[hour]: 1.0, load: -task.flexible}, high=0)
        for month, weight in task.days.items():
            self._day(name, site, month, weight, spare)
        self._direct_rows(name, site, line=line)

    def _sizes(self, name: str, site: Site, *, line: bool) -> None:
        program = self.program
        for kind, most, capital in (
            ("roof", site.roof_mw, site.roof_capital),
            ("line sun", site.line_mw[0] * line, site.line_capital[0]),
            ("line wind", site.line_mw[1] * line, site.line_capital[1]),
            ("battery mw", site.battery[0], site.battery_capital[0]),
            ("battery mwh", site.battery[1], site.battery_capital[1]),
        ):
            program.add(kind, name, high=most, cost=capital / 1e3 * self.task.annuity)
        if site.battery[0] == 0.0 or site.battery[1] == 0.0:
            program.columns["battery mw", name].high = 0.0
            program.columns["battery mwh", name].high = 0.0

    def _day(self, name: str, site: Site, month: int, weight: float, spare: list[Key]) -> None:
        task, program, ratio = self.task, self.program, pue(site, month)
        load: Key = ("load", name)
        peak: Key | None = None
        if task.peak_factor is not None:
            charge = site.demand_charge * task.months[month] * task.peak_factor / 1e3
            peak = program.add("peak", name, str(month), cost=charge)
        carbon = task.carbon_price / 1e3 * task.location

        def column(kind: str, hour: int, cost: float = 0.0, high: float = math.inf) -> Key:
            yearly = cost * weight / 1e3
            return program.add(kind, name, str(month), str(hour), high=high, cost=yearly)

        for hour in HOURS:
            grid = column("grid", hour, site.price[month][hour] + carbon, CEILING_MW)
            roof = column("roof used", hour)
            used = column("line used", hour, site.line_kept / 1e3)
            sent = column("line sent", hour, -site.line_export / 1e3)
            charged, discharge = column("charge", hour), column("discharge", hour)
            stored = column("stored", hour)
            later, earlier = column("later", hour), column("earlier", hour)
            drawn = ratio * task.shape[hour]
            program.keep(
                {grid: 1, roof: 1, used: 1, discharge: 1, charged: -1}
                | {load: -drawn, later: -ratio, earlier: ratio},
                low=0,
                high=0,
            )
            sun, wind = site.sun[month][hour], site.wind[month][hour]
            program.keep({roof: 1, ("roof", name): -sun}, high=0)
            program.keep(
                {used: 1, sent: 1, ("line sun", name): -sun, ("line wind", name): -wind}, high=0
            )
            power: Key = ("battery mw", name)
            program.keep({charged: 1, power: -1}, high=0)
            program.keep({discharge: 1, power: -1}, high=0)
            program.keep({stored: 1, ("battery mwh", name): -1}, high=0)
            program.keep({later: 1, spare[hour]: -1}, high=0)
            program.keep({earlier: 1, load: -task.flexible * task.shape[hour]}, high=0)
            if peak is not None:
                program.keep({grid: 1, peak: -1}, high=0)
        for hour in HOURS:
            before, after = str(hour), str((hour + 1) % 24)
            program.keep(
                {
                    ("stored", name, str(month), after): 1,
                    ("stored", name, str(month), before): -1,
                    ("charge", name, str(month), before): -site.charge,
                    ("discharge", name, str(month), before): 1 / site.discharge,
                },
                low=0,
                high=0,
            )
        moved: dict[Key, float] = {("later", name, str(month), str(hour)): 1.0 for hour in HOURS}
        moved |= {("earlier", name, str(month), str(hour)): -1.0 for hour in HOURS}
        program.keep(moved, low=0, high=0)

    def _yearly(self, kind: str, name: str, factor: float = 1.0) -> dict[Key, float]:
        """Return GWh a year of something in all hours."""
        return {
            (kind, name, str(month), str(hour)): factor * self.task.days[month] / 1e3
            for month, hour in self.hours
        }

    def _yield(self, name: str, site: Site, factor: float) -> dict[Key, float]:
        """Return GWh a year that a line could yield."""
        total: dict[Key, float] = {("line sun", name): 0.0, ("line wind", name): 0.0}
        for month, hour in self.hours:
            weight = factor * self.task.days[month] / 1e3
            total["line sun", name] += weight * site.sun[month][hour]
            total["line wind", name] += weight * site.wind[month][hour]
        return total

    def _energy(self, name: str, site: Site, factor: float) -> dict[Key, float]:
        gwh = sum(
            self.task.days[month] * self.task.shape[hour] * pue(site, month) / 1e3
            for month, hour in self.hours
        )
        return {("load", name): factor * gwh}

    def _direct_rows(self, name: str, site: Site, *, line: bool) -> None:
        task, keep = self.task, self.program.keep
        if not line:
            return
        sent = self._yearly("line sent", name)
        # What counts as used at the site is what the load takes, not what a battery loses.
        counted = self.program.add("line counted", name)
        keep({counted: 1.0} | self._yearly("line used", name, -1.0), high=0)
        trade: dict[Key, float] = {("trade", name): 1.0} if task.matching else {}
        keep({counted: 1.0} | trade | self._energy(name, site, -1.0), high=0)
        used = {counted: 1.0}
        if task.self_use:
            keep(used | self._yield(name, site, -task.self_use), low=0)
        if task.load_share:
            keep(used | self._energy(name, site, -task.load_share), low=0)
        if task.export < 1.0:
            keep(sent | self._yield(name, site, -task.export), high=0)

    def _matching(self) -> None:
        """Match green power hour by hour, at a penalty for what is missing."""
        task, program = self.task, self.program
        missed = program.add("missed", cost=task.penalty)
        total: dict[Key, float] = {missed: 1.0}
        for name, site in zip(SITES, task.sites, strict=True):
            year = sum(task.days[month] * site.sun[month][hour] for month, hour in self.hours) / 1e3
            trade: Key = ("trade", name)
            for month, hour in self.hours:
                at = (name, str(month), str(hour))
                credit = program.add("credit", *at)
                green: dict[Key, float] = {credit: 1, trade: -site.sun[month][hour] / year}
                green["roof used", *at] = green["line used", *at] = -1
                program.keep(green, high=0)
                ratio = pue(site, month)
                met: dict[Key, float] = {credit: 1, ("load", name): -ratio * task.shape[hour]}
                met |= {("later", *at): -ratio, ("earlier", *at): ratio}
                program.keep(met, high=0)
            total |= self._yearly("credit", name, 1.0 - task.green)
            total |= self._energy(name, site, task.green - task.matching)
            # Trade claims what the grid delivers and the load takes, not what a battery loses.
            program.keep({trade: 1.0} | self._yearly("grid", name, -1.0), high=0)
            program.keep({trade: 1.0} | self._energy(name, site, -1.0), high=0)
        program.keep(total, low=0)

    def least(self) -> float | None:
        """Return the least cost, proved by the multipliers, ``None`` if there is no plan."""
        keys = list(self.program.columns)
        columns = list(self.program.columns.values())
        at = {key: number for number, key in enumerate(keys)}
        matrix = np.zeros((len(self.program.rows), len(keys)))
        for number, row in enumerate(self.program.rows):
            for key, value in row.terms.items():
                matrix[number, at[key]] = value
        low = np.array([row.low for row in self.program.rows])
        high = np.array([row.high for row in self.program.rows])
        equal = low == high
        above, below = ~equal & np.isfinite(low), ~equal & np.isfinite(high)
        cost = np.array([column.cost for column in columns])
        point = Linear(
            cost,
            np.vstack([matrix[below], -matrix[above]]),
            np.concatenate([high[below], -low[above]]),
            matrix[equal],
            low[equal],
            np.array([column.low for column in columns]),
            np.array([column.high for column in columns]),
        ).certified()
        return None if point is None else float(cost @ point)


def optimum(task: Task) -> float:
    """Return the least cost over all choices of lines."""
    offered = [(False, True) if sum(site.line_mw) else (False,) for site in task.sites]
    costs = [HourProgram(task, lines).least() for lines in itertools.product(*offered)]
    return min(cost for cost in costs if cost is not None)
