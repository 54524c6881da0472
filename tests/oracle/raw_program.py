"""The mixed-integer program of a small case, written down from its CSV files alone.

One dictionary of coefficients for each row; nothing of the package is used. Loads are counted
by profile and module, prices by the hour, capacities in every hour of every day and month.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.oracle.raw_figures import (
    Option,
    Tables,
    annuity,
    card_cost,
    card_power,
    demand_charge,
    free_power,
    hourly_price,
    job_options,
    monthly_pue,
    number,
    parameter,
    part_of_day,
    profile_shape,
    pue,
    reached_share,
    read_tables,
    region_shares,
    request_seconds,
    shortest_path,
    typical_days,
)

Key = tuple[str, ...]


@dataclass
class Column:
    """A variable with its bounds, yearly cost and value of work left out."""

    low: float = 0.0
    high: float = math.inf
    cost: float = 0.0
    value: float = 0.0
    whole: bool = False


@dataclass
class Row:
    """A sum of columns between two limits."""

    terms: dict[Key, float]
    low: float = -math.inf
    high: float = math.inf


@dataclass
class Program:
    """Columns by key, rows, and how the whole columns may be chosen."""

    columns: dict[Key, Column] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)

    def add(
        self,
        *key: str,
        low: float = 0.0,
        high: float = math.inf,
        cost: float = 0.0,
        value: float = 0.0,
        whole: bool = False,
    ) -> Key:
        self.columns[key] = Column(low, high, cost, value, whole)
        return key

    def pay(self, key: Key, cost: float) -> None:
        self.columns[key].cost += cost

    def keep(self, terms: dict[Key, float], low: float = -math.inf, high: float = math.inf) -> None:
        self.rows.append(Row({key: value for key, value in terms.items() if value}, low, high))

    def of(self, kind: str) -> list[Key]:
        return [key for key in self.columns if key[0] == kind]


class Writer:
    """Writes the program of one case without its policies; each method is one block."""

    def __init__(self, folder: Path, year: int) -> None:
        self.tables: Tables = read_tables(folder)
        self.year = year
        self.program = Program()
        self.days = typical_days(self.tables)
        self.sites = {row["site"]: row for row in self.tables["sites"]}
        self.cards = {row["accelerator"]: row for row in self.tables["accelerators"]}
        self.services = {row["service"]: row for row in self.tables["services"]}
        self.regions = {row["region"]: row for row in self.tables["regions"]}
        self.jobs = {row["job"]: row for row in self.tables.get("jobs", [])}
        self.links = {row["link"]: row for row in self.tables.get("links", [])}
        self.options: list[Option] = job_options(self.tables)
        self.pins = self.tables.get("pins", [])
        self.link_costs = {
            (row["region"], row["site"]): float(row["yuan_per_million_requests"])
            for row in self.tables.get("link_costs", [])
        }
        self.fleet = {
            (row["site"], row["accelerator"]): float(row["installed"]) / 1000
            for row in self.tables.get("fleet", [])
        }
        self.supply = {
            row["accelerator"]: float(row["supply"]) / 1000
            for row in self.tables["accelerator_supply"]
            if int(row["year"]) == year
        }
        self.modules = {
            site: {row["module"]: row for row in self.tables["modules"] if self._may(row, place)}
            for site, place in self.sites.items()
        }
        self.loads: dict[tuple[str, str, str], Key] = {}
        self._gwh: dict[Key, float] = {}
        self._it_gwh: dict[Key, float] = {}

    def _may(self, module: dict[str, str], site: dict[str, str]) -> bool:
        if module["kind"] == "existing":
            return free_power(site, self.year) > 0
        kind = "cluster" if site["is_cluster"] == "true" else "metro"
        return module["site_class"] in {"any", kind}

    def write(self) -> Program:
        self.services_and_cards()
        self.training()
        self.buildings()
        self.energy()
        self.network()
        self.green()
        return self.program

    def _barred(self, workload: str, site: str) -> bool:
        for pin in self.pins:
            if pin["workload"] != workload:
                continue
            if pin["rule"] == "never" and pin["site"] == site:
                return True
            if pin["rule"] == "must" and pin["site"] != site:
                return True
        return False

    def demand(self, region: str, service: str) -> float:
        """Requests a second."""
        row = self.services[service]
        return float(row["requests_per_s"]) * region_shares(self.tables, row)[region]

    def stands(self, site: str, card: str) -> bool:
        return self.fleet.get((site, card), 0.0) > 0 or self.supply.get(card, 0.0) > 0

    def services_and_cards(self) -> None:
        program = self.program
        for site in self.sites:
            for card, row in self.cards.items():
                if self.supply.get(card, 0.0) > 0:
                    program.add("bought", site, card, cost=card_cost(self.tables, row))
        for card, most in self.supply.items():
            program.keep({("bought", site, card): 1 for site in self.sites if most > 0}, high=most)
        for service, row in self.services.items():
            seconds = request_seconds(self.tables, row)
            for region in self.regions:
                if self.demand(region, service) > 0:
                    self._shared_out(region, service, set(seconds))
            for site in self.sites:
                self._served(service, site, seconds)

    def _shared_out(self, region: str, service: str, cards: set[str]) -> None:
        """All demand is served somewhere or left out."""
        program, row = self.program, self.services[service]
        a_year = self.demand(region, service) * 365 * 86_400
        value = float(row["value_yuan_per_request"]) * a_year / 1e6
        terms = {program.add("unserved", region, service, high=1, value=value): 1.0}
        single = row["single_source"] == "true"
        for site, place in self.sites.items():
            reach = reached_share(self.tables, self.regions[region], row, place)
            runs_there = any(self.stands(site, card) for card in cards)
            if reach <= 0 or not runs_there or self._barred(service, site):
                continue
            most = float(reach >= 1) if single else reach
            share = program.add("share", region, service, site, high=most, whole=single)
            terms[share] = 1.0
            program.pay(share, self.link_costs.get((region, site), 0.0) * a_year / 1e12)
        program.keep(terms, low=1, high=1)

    def _served(self, service: str, site: str, seconds: dict[str, float]) -> None:
        program = self.program
        shares = [key for key in program.of("share") if key[2:] == (service, site)]
        if not shares:
            return
        total = sum(self.demand(region, service) for region in self.regions)
        # thousand cards busy over the seconds of one request are thousand requests a second
        terms: dict[Key, float] = {key: -self.demand(key[1], service) / 1000 for key in shares}
        for card, taken in seconds.items():
            if self.stands(site, card):
                terms[program.add("busy", service, site, card)] = 1 / taken
        program.keep(terms, low=0, high=0)
        for pin in self.pins:
            if (pin["workload"], pin["site"]) != (service, site):
                continue
            part = {key: self.demand(key[1], service) / total for key in shares}
            if pin["rule"] == "minimum_share":
                program.keep(part, low=float(pin["value"]))
            elif pin["rule"] == "moving_cost":
                for key, share in part.items():
                    program.pay(key, float(pin["value"]) * share)

    def training(self) -> None:
        program = self.program
        for job, row in self.jobs.items():
            count = float(row["count"])
            value = float(row["value_million_yuan"])
            left = program.add("unplaced", job, high=count, value=value, whole=True)
            runs = [
                program.add("run", str(number_), site, high=count, whole=True)
                for site in self._places_of_job(job)
                for number_, option in enumerate(self.options)
                if option.job == job
                and option.gang * 1000 <= float(self.sites[site]["largest_gang"])
                and self.stands(site, option.card)
            ]
            program.keep(dict.fromkeys([left, *runs], 1.0), low=count, high=count)
            for pin in self.pins:
                there = [key for key in runs if (job, key[2]) == (pin["workload"], pin["site"])]
                if pin["workload"] == job and pin["rule"] == "minimum_share":
                    program.keep(dict.fromkeys(there, 1.0), low=float(pin["value"]) * count)
                elif pin["rule"] == "moving_cost":
                    for key in there:
                        program.pay(key, float(pin["value"]) / count)
        self._cards_in_every_hour()

    def _places_of_job(self, job: str) -> list[str]:
        row = self.jobs[job]
        home = self.sites[row["dataset_site"]]["province"]
        return [
            site
            for site, place in self.sites.items()
            if (row["residency"] == "none" or place["province"] == home)
            and not self._barred(job, site)
        ]

    def _cards_in_every_hour(self) -> None:
        """Services of an hour and gangs of a month share what stands at the site."""
        shapes = self._service_shapes()
        for site, card in itertools.product(self.sites, self.cards):
            able = float(self.cards[card]["availability"])
            services = [key for key in self.program.of("busy") if key[2:] == (site, card)]
            runs = [
                key
                for key in self.program.of("run")
                if key[2] == site and self.options[int(key[1])].card == card
            ]
            rows = set()
            for hour, month in itertools.product(range(24), range(12)):
                terms = {key: shapes[key[1]][hour] for key in services}
                for key in runs:
                    if self.options[int(key[1])].active[month] > 0:
                        terms[key] = self.options[int(key[1])].gang
                if ("bought", site, card) in self.program.columns:
                    terms["bought", site, card] = -able
                rows.add(tuple(sorted(terms.items())))
            for content in sorted(rows):
                self.program.keep(dict(content), high=able * self.fleet.get((site, card), 0.0))

    def _service_shapes(self) -> dict[str, list[float]]:
        return {
            service: profile_shape(self.tables, row["profile"])
            for service, row in self.services.items()
        }

    def buildings(self) -> None:
        program, tables = self.program, self.tables
        upkeep = parameter(tables, "finance", "shell_upkeep_share_per_year")
        existing = next(row for row in tables["modules"] if row["kind"] == "existing")
        for site, place in self.sites.items():
            celsius = float(place["design_temperature_c"])
            charge = demand_charge(tables, place)
            power: dict[Key, float] = {}
            ceiling: dict[Key, float] = {}
            built: dict[Key, float] = {}
            for module, row in self.modules[site].items():
                used = program.add("used", site, module, cost=charge * pue(row, celsius))
                power[used] = 1.0
                ceiling[used] = pue(row, celsius)
                if row["kind"] == "existing":
                    program.columns[used].high = free_power(place, self.year)
                    continue
                size = float(row["it_mw"])
                capital = self._module_capital(site, module)
                number_ = program.add(
                    "built",
                    site,
                    module,
                    low=float(row["minimum_per_site"]),
                    high=float(row["maximum_per_site"]),
                    cost=capital * (annuity(tables, float(row["life_years"])) + upkeep),
                    whole=True,
                )
                built[number_] = size
                program.keep({used: 1.0, number_: -size}, high=0)
            for card, row in self.cards.items():
                most, _idle, _busy = card_power(tables, card=row)
                if ("bought", site, card) in program.columns:
                    power["bought", site, card] = -most
            fleet = sum(
                card_power(tables, row)[0] * self.fleet.get((site, card), 0.0)
                for card, row in self.cards.items()
            )
            program.keep(power, low=fleet, high=fleet)
            stays = pue(existing, celsius) * float(place["occupied_it_mw"])
            program.keep(ceiling, high=float(place["ceiling_mw"]) - stays)
            program.keep(built, high=float(place["build_limit_mw"]))
            if built:
                cost = float(place["fixed_cost_million_yuan_per_year"])
                opened = program.add("opened", site, high=1, cost=cost, whole=True)
                for key in built:
                    program.keep({key: 1.0, opened: -program.columns[key].high}, high=0)

    def _module_capital(self, site: str, module: str) -> float:
        row = self.modules[site][module]
        price = float(self.sites[site]["capex_yuan_per_kw"]) * float(row["capex_factor"])
        return price * float(row["it_mw"]) * 1000 / 1e6

    def energy(self) -> None:
        """Loads by profile and module, paid by the hour."""
        shapes = self._service_shapes()
        profiles: dict[str, list[list[float]]] = {
            self.services[service]["profile"]: [shape] * len(self.days)
            for service, shape in shapes.items()
        }
        flat, none = [1.0] * 24, [0.0] * 24
        profiles["always"] = [flat] * len(self.days)
        for at in range(len(self.days)):
            profiles[f"training {at}"] = [
                flat if other == at else none for other in range(len(self.days))
            ]
        for site, place in self.sites.items():
            prices = [hourly_price(self.tables, place, day.month) for day in self.days]
            for profile, shape in profiles.items():
                sources = self._sources(site, profile)
                fixed = self._idle_fleet(site) if profile == "always" else 0.0
                if not sources and not fixed:
                    continue
                terms = {key: -value for key, value in sources.items()}
                for module, row in self.modules[site].items():
                    cost = gwh = it_gwh = 0.0
                    for day, hours, yuan in zip(self.days, shape, prices, strict=True):
                        ratio = monthly_pue(self.tables, site, row, day.month)
                        for hour in range(24):
                            drawn = day.weight * hours[hour] / 1000
                            it_gwh += drawn
                            gwh += drawn * ratio
                            cost += drawn * ratio * yuan[hour]
                    load = self.program.add("load", site, profile, module, cost=cost)
                    self.loads[site, profile, module] = load
                    self._gwh[load] = gwh
                    self._it_gwh[load] = it_gwh
                    terms[load] = 1.0
                self.program.keep(terms, low=fixed, high=fixed)
            self._power_in_every_hour(site, profiles)
            self._steps(site)

    def _idle_fleet(self, site: str) -> float:
        return sum(
            card_power(self.tables, row)[1] * self.fleet.get((site, card), 0.0)
            for card, row in self.cards.items()
        )

    def _sources(self, site: str, profile: str) -> dict[Key, float]:
        """Return MW of a profile at a site for each unit of the columns that draw it."""
        drawn: dict[Key, float] = {}
        for card, row in self.cards.items():
            _most, idle, busy = card_power(self.tables, row)
            if profile == "always" and ("bought", site, card) in self.program.columns:
                drawn["bought", site, card] = idle
            for key in self.program.of("busy"):
                same = self.services[key[1]]["profile"] == profile
                if same and key[2:] == (site, card):
                    drawn[key] = busy
            if profile.startswith("training "):
                day = self.days[int(profile.split()[1])]
                for key in self.program.of("run"):
                    option = self.options[int(key[1])]
                    part = part_of_day(day, self.days, option)
                    if key[2] == site and option.card == card and part > 0:
                        drawn[key] = busy * option.gang * part
        return drawn

    def _power_in_every_hour(self, site: str, profiles: dict[str, list[list[float]]]) -> None:
        for module in self.modules[site]:
            rows = set()
            for at in range(len(self.days)):
                for hour in range(24):
                    terms: dict[Key, float] = {("used", site, module): -1.0}
                    for profile, shape in profiles.items():
                        key = self.loads.get((site, profile, module))
                        if key is not None and shape[at][hour]:
                            terms[key] = shape[at][hour]
                    rows.add(tuple(sorted(terms.items())))
            for content in sorted(rows):
                self.program.keep(dict(content), high=0)

    def _energy_of(self, site: str, *, new_only: bool = False) -> Iterator[tuple[Key, float]]:
        for (place, _profile, module), key in self.loads.items():
            if place == site and not (new_only and self.modules[site][module]["kind"] != "new"):
                yield key, self._gwh[key]

    def _steps(self, site: str) -> None:
        for row in self.tables.get("supply_steps", []):
            if row["site"] == site:
                paid = float(row["extra_yuan_per_kwh"]) * 8.76
                above = self.program.add("above", site, row["step"], cost=paid)
                terms = {key: gwh / 8.76 for key, gwh in self._energy_of(site)}
                self.program.keep({**terms, above: -1.0}, high=float(row["above_mw"]))

    def network(self) -> None:
        program = self.program
        flows: dict[str, dict[Key, float]] = {link: {} for link in self.links}
        shapes = self._service_shapes()
        for key in program.of("share"):
            _share, region, service, site = key
            row = self.services[service]
            if (region, site) in self.link_costs:
                continue
            size = max(float(row["bytes_in_per_request"]), float(row["bytes_out_per_request"]))
            rate = size * 8 * self.demand(region, service) * max(shapes[service]) / 1e9
            home = self.regions[region]
            for link in self._links_used(home["node"], home["province"], site):
                flows[link][key] = rate
        window = parameter(self.tables, "parameters", "dataset_window_days") * 86_400
        for key in program.of("run"):
            job = self.jobs[self.options[int(key[1])].job]
            rate = float(job["dataset_tb"]) * 8e12 / window / 1e9
            origin = job["dataset_site"]
            for link in self._links_used(origin, self.sites[origin]["province"], key[2]):
                flows[link][key] = rate
        for link, row in self.links.items():
            spare = float(row["capacity_gbps"]) * (1 - float(row["used_share"]))
            lease = float(row["lease_yuan_per_gbps_year"]) / 1e6
            leased = program.add("leased", link, high=spare, cost=lease)
            life = parameter(self.tables, "finance", "link_life_years")
            yearly = float(row["upgrade_capex_million_yuan"]) * annuity(self.tables, life)
            upgrade = program.add(
                "upgrade",
                link,
                high=float(row["upgrade_maximum_steps"]),
                cost=yearly + float(row["upgrade_running_million_yuan_per_year"]),
                whole=True,
            )
            step = float(row["upgrade_step_gbps"])
            program.keep({**flows[link], leased: -1.0, upgrade: -step}, high=0)

    def _links_used(self, origin: str, province: str, site: str) -> list[str]:
        """Return the links between two places, none within a province."""
        path = shortest_path(self.tables, origin, site)
        if path is None or province == self.sites[site]["province"]:
            return []
        return path[1]

    def _grid(self, site: str, column: str) -> float:
        rows = [
            row
            for row in self.tables["grid"]
            if row["province"] == self.sites[site]["province"] and int(row["year"]) <= self.year
        ]
        return float(max(rows, key=lambda row: int(row["year"]))[column])

    def green(self) -> None:
        program = self.program
        for row in self.tables.get("green_contracts", []):
            most = number(row["ceiling_gwh"])
            program.add(
                "green",
                row["contract"],
                row["site"],
                high=math.inf if math.isnan(most) else most,
                cost=float(row["price_yuan_per_mwh"]) / 1000,
            )
        for site in self.sites:
            claims = {key: 1.0 for key in program.of("green") if key[2] == site}
            if claims:
                used = {key: -gwh for key, gwh in self._energy_of(site)}
                program.keep({**claims, **used}, high=0)

    def _emissions(self, ledger: str) -> dict[Key, float]:
        terms: dict[Key, float] = {}
        for site in self.sites:
            column = f"{'location' if ledger == 'location' else 'residual'}_kgco2_per_kwh"
            factor = self._grid(site, column)
            for key, gwh in self._energy_of(site):
                terms[key] = factor * gwh
            if ledger == "market":
                for key in self.program.of("green"):
                    if key[2] == site:
                        terms[key] = -factor
        return terms
