"""Derived numbers once more, from the raw tables alone, by plain loops.

This file repeats on purpose what :mod:`optimizer.inputs` derives with arrays: it shares no code
with it, so that a mistake in one is found by the other. It is written to be read: one small
function for each number.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from optimizer.plan.recompute_supply import RawSupply
from optimizer.plan.verify_backbone import Backbone
from optimizer.plan.verify_written import Row
from optimizer.tables.frames import TypedTable

MONTH_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class Recomputed(RawSupply):
    """The raw tables as dictionaries, and all the numbers that follow from them."""

    def __init__(self, tables: Mapping[str, TypedTable], year: int) -> None:
        super().__init__(tables, year)
        self._paths: dict[str, dict[str, tuple[float, tuple[str, ...]]]] = {}
        self.backbone = Backbone(self.links)

    # --- demand ----------------------------------------------------------------------------

    def requests(self, region: str, service: str) -> float:
        """Return the demand of a region for a service, million requests a day."""
        column = {"online": "online_share", "population": "population", "gdp": "gdp_100m_yuan"}[
            self.services[service]["region_weight"]
        ]
        everything = sum(row[column] for row in self.regions.values())
        part = self.regions[region][column] / everything
        return float(self.services[service]["requests_per_s"] * 86_400.0 / 1e6 * part)

    def seconds(self, service: str, card: str) -> float | None:
        """Return the accelerator-seconds of a request, or ``None`` if it cannot run there."""
        for row in self.rows["service_rates"]:
            if row["service"] == service and row["accelerator"] == card:
                if not math.isnan(row["requests_per_s"]):
                    return 1.0 / float(row["requests_per_s"])
                wanted = self.services[service]
                total = 0.0
                if wanted["input_tokens"] > 0.0:
                    total += wanted["input_tokens"] / row["prefill_tokens_per_s"]
                if wanted["output_tokens"] > 0.0:
                    total += wanted["output_tokens"] / row["decode_tokens_per_s"]
                return total
        return None

    def peak_gbps(self, region: str, service: str) -> float:
        """Return the data rate of a region's demand in its peak hour, Gbit/s."""
        row = self.services[service]
        largest = max(row["bytes_in_per_request"], row["bytes_out_per_request"])
        per_second = self.requests(region, service) * 1e6 / 86_400.0
        return float(largest * 8.0 / 1e9 * per_second * max(self.profile(row["profile"])))

    # --- network ---------------------------------------------------------------------------

    def path(self, origin: str, site: str) -> tuple[float, tuple[str, ...]]:
        """Return fibre kilometres and links of the shortest path between two sites."""
        if origin not in self._paths:
            best: dict[str, tuple[float, tuple[str, ...]]] = {origin: (0.0, ())}
            changed = True
            while changed:  # Bellman and Ford, with names to settle ties
                changed = False
                for name, link in self.links.items():
                    ends = (link["from_site"], link["to_site"])
                    for here, there in (ends, ends[::-1]):
                        if here in best:
                            length, names = best[here]
                            found = (round(length + link["fibre_km"], 6), (*names, name))
                            if there not in best or found < best[there]:
                                best[there] = found
                                changed = True
            self._paths[origin] = best
        return self._paths[origin].get(site, (math.inf, ()))

    def path_rtt(self, origin: str, site: str, network: str) -> float:
        """Return the round trip between two sites at the 99th percentile, ms."""
        factor = self.parameters[f"p99_factor_{network}"]
        for row in self.rows["latency"]:
            ends = {row["origin"], row["site"]}
            if row["network"] == network and ends == {origin, site} and len(ends) == 2:
                return float(row["rtt_ms"] * (1.0 if row["percentile"] == "p99" else factor))
        one_way = (
            self.path(origin, site)[0]
            * self.parameters[f"route_factor_{network}"]
            * self.parameters["fibre_us_per_km"]
            / 1000.0
            + self.parameters[f"equipment_one_way_ms_{network}"]
        )
        return float(2.0 * one_way * factor)

    def paths(self, origin: str, site: str) -> list[tuple[str, ...]]:
        """Return the links of the paths that traffic of a pair may be spread over."""
        shortest = self.path(origin, site)[1]
        count = int(self.parameters.get("path_count", 1))
        others = self.backbone.shortest(origin, site, count) if count > 1 and shortest else []
        return [shortest, *(path for path in others if path != shortest)][:count]

    def protected_pair(
        self, origin: str, site: str
    ) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
        """Return the links of the two paths of protected traffic."""
        return ((), ()) if origin == site else self.backbone.pair(origin, site)

    def crosses_backbone(self, region: str, site: str) -> bool:
        """Return whether traffic of a region to a site uses links."""
        here, there = self.regions[region]["province"], self.sites[site]["province"]
        return here != there and self.link_cost(region, site) is None

    def rtt_over(self, origin: str, site: str, network: str, fibre_km: float) -> float:
        """Return the round trip of a pair over a path of some length, ms."""
        extra_km = fibre_km - self.path(origin, site)[0]
        one_way = (
            extra_km
            * self.parameters[f"route_factor_{network}"]
            * self.parameters["fibre_us_per_km"]
            / 1000.0
        )
        there = self.path_rtt(origin, site, network)
        return float(there + 2.0 * one_way * self.parameters[f"p99_factor_{network}"])

    def service_rtt(self, region: str, service: str, site: str) -> float:
        """Return the round trip of a service without access; the longer of two if protected."""
        node, network = self.regions[region]["node"], self.services[service]["network"]
        if self.services[service]["path_protection"] != "1+1" or not self.crosses_backbone(
            region, site
        ):
            return self.path_rtt(node, site, network)
        two = self.protected_pair(node, site)
        if two is None:
            return math.inf
        longer_km = max(sum(self.links[link]["fibre_km"] for link in path) for path in two)
        return self.rtt_over(node, site, network, longer_km)

    def rtt(self, region: str, service: str, site: str) -> float:
        """Return the round trip of the 99th percentile of users, access included, ms."""
        there = self.service_rtt(region, service, site)
        return float(there + self.regions[region]["access_rtt_p99_ms"])

    def budget(self, service: str) -> float | None:
        """Return the network round trip a request leaves, ms, or ``None`` without a target."""
        row = self.services[service]
        if math.isnan(row["target_ms"]):
            return None
        return float((row["target_ms"] - row["compute_p99_ms"]) / row["round_trips"])

    def reach(self, region: str, service: str, site: str) -> float:
        """Return the share of a region's users that a site may serve."""
        if (
            self.services[service]["residency"] == "province"
            and self.regions[region]["province"] != self.sites[site]["province"]
        ):
            return 0.0
        return self.users_within(region, service, self.service_rtt(region, service, site))

    def users_within(self, region: str, service: str, there: float) -> float:
        """Return the share of a region's users in time over a path of some round trip."""
        if math.isinf(there):
            return 0.0
        allowed = self.budget(service)
        if allowed is None:
            return 1.0
        nearest = self.regions[region]["access_rtt_min_ms"]
        farthest = self.regions[region]["access_rtt_p99_ms"]
        left = allowed - there
        if left >= farthest:
            return 1.0
        if left <= nearest:
            return 0.0
        return float(0.99 * ((left - nearest) / (farthest - nearest)) ** 2)

    def link_cost(self, region: str, site: str) -> float | None:
        """Return yuan for a million requests where the case prices the pair itself."""
        for row in self.rows["link_costs"]:
            if row["region"] == region and row["site"] == site:
                return float(row["yuan_per_million_requests"])
        return None

    def dataset_gbps(self, job: str) -> float:
        """Return the rate that moves a job's data set within the window, Gbit/s."""
        bits = self.jobs[job]["dataset_tb"] * 1e12 * 8.0
        return float(bits / (self.parameters["dataset_window_days"] * 86_400.0) / 1e9)

    # --- hardware --------------------------------------------------------------------------

    def maximum_kw(self, card: str) -> float:
        """Return the power of one accelerator for sizing, kW."""
        row = self.cards[card]
        overhead = self.parameters["network_storage_power_factor"]
        return float(row["server_maximum_kw"] / row["accelerators_per_server"] * overhead)

    def sustained_kw(self, card: str) -> float:
        """Return the power of one accelerator at work, kW."""
        row = self.cards[card]
        overhead = self.parameters["network_storage_power_factor"]
        return float(row["server_sustained_kw"] / row["accelerators_per_server"] * overhead)

    def idle_kw(self, card: str) -> float:
        """Return the power of one idle accelerator, kW."""
        return float(self.cards[card]["idle_share"] * self.sustained_kw(card))

    def busy_kw(self, card: str) -> float:
        """Return the power that work adds to one accelerator, kW."""
        return self.sustained_kw(card) - self.idle_kw(card)

    def fleet(self, site: str, card: str) -> float:
        """Return the accelerators installed at a site."""
        return float(
            sum(
                row["installed"]
                for row in self.rows["fleet"]
                if row["site"] == site and row["accelerator"] == card
            )
        )

    def supply(self, card: str) -> float:
        """Return the accelerators that can be bought in the year."""
        return float(
            sum(
                row["supply"]
                for row in self.rows["accelerator_supply"]
                if row["accelerator"] == card and row["year"] == self.year
            )
        )

    def accelerator_cost(self, card: str) -> float:
        """Return the yearly cost of one accelerator bought, million yuan."""
        row = self.cards[card]
        capital = row["price_yuan"] * self.finance["accelerator_system_factor"]
        upkeep = row["price_yuan"] * self.finance["accelerator_upkeep_share_per_year"]
        return float((capital * self.annuity(row["life_years"]) + upkeep) / 1e6)

    def module_capital(self, site: str, module: str) -> float:
        """Return the capital of one new module, million yuan."""
        row = self.modules[module]
        yuan = self.sites[site]["capex_yuan_per_kw"] * row["capex_factor"] * row["it_mw"] * 1000.0
        return float(yuan / 1e6)

    def module_cost(self, site: str, module: str) -> float:
        """Return the yearly cost of one new module, million yuan."""
        share = (
            self.annuity(self.modules[module]["life_years"])
            + self.finance["shell_upkeep_share_per_year"]
        )
        return float(self.module_capital(site, module) * share)

    def upgrade_cost(self, link: str) -> float:
        """Return the yearly cost of one link upgrade, million yuan."""
        row = self.links[link]
        yearly = row["upgrade_capex_million_yuan"] * self.annuity(self.finance["link_life_years"])
        return float(yearly + row["upgrade_running_million_yuan_per_year"])

    # --- training --------------------------------------------------------------------------

    def utilisation(self, job: str, card: str) -> float | None:
        """Return the model FLOP utilisation of a job on an accelerator."""
        for row in self.rows["training_rates"]:
            if row["kind"] == self.jobs[job]["kind"] and row["accelerator"] == card:
                return float(row["model_flops_utilisation"])
        return None

    def goodput(self, job: str, card: str, gang: float) -> float:
        """Return the best share of time in progress, by search over the checkpoint interval."""
        failures_per_day = gang * self.cards[card]["failures_per_accelerator_day"]
        if failures_per_day == 0.0:
            return 1.0
        mean_time = 86_400.0 / failures_per_day
        write = self.jobs[job]["checkpoint_tb"] / self.parameters["checkpoint_write_tb_per_s"]
        restart = self.parameters["restart_minutes"] * 60.0
        if write <= 0.0:
            return math.exp(-restart / mean_time)

        def progress(logarithm: float) -> float:
            interval = math.exp(logarithm)
            if (interval + write + restart) / mean_time > 700.0:
                return 0.0
            lost = mean_time * math.exp(restart / mean_time)
            return float(interval / (lost * math.expm1((interval + write) / mean_time)))

        low, high = math.log(mean_time) - 40.0, math.log(mean_time) + 3.0
        golden = (math.sqrt(5.0) - 1.0) / 2.0
        for _ in range(200):
            one, other = high - golden * (high - low), low + golden * (high - low)
            if progress(one) < progress(other):
                low = one
            else:
                high = other
        return progress((low + high) / 2.0)

    def duration_days(self, job: str, card: str, gang: float) -> float:
        """Return the length of a run in days: without end if it makes no progress there."""
        utilisation = self.utilisation(job, card)
        if utilisation is None:
            return math.inf
        rate = (
            gang
            * self.cards[card]["bf16_dense_tflops"]
            * 1e12
            * utilisation
            * self.goodput(job, card, gang)
        )
        return float(self.jobs[job]["flop"] / rate / 86_400.0) if rate > 0.0 else math.inf

    def month_shares(self, start_month: int, days: float) -> list[float]:
        """Return the share of each calendar month in which a run is active."""
        begin = float(sum(MONTH_DAYS[: max(0, int(start_month) - 1)]))
        end = begin + days
        shares = []
        passed = 0.0
        for length in MONTH_DAYS:
            overlap = min(end, passed + length) - max(begin, passed)
            shares.append(max(0.0, overlap) / length)
            passed += length
        return shares

    def day_share(self, day: str, month_shares: list[float]) -> float:
        """Return the share of the days that a typical day stands for in which a run is active."""
        months = self.months_of(day)
        active = sum(month_shares[month - 1] * MONTH_DAYS[month - 1] for month in months)
        return active / sum(MONTH_DAYS[month - 1] for month in months)

    def grid(self, site: str) -> Row:
        """Return the newest grid row of a site's province up to the year."""
        known = [
            row
            for row in self.rows["grid"]
            if row["province"] == self.sites[site]["province"] and row["year"] <= self.year
        ]
        return max(known, key=lambda row: int(row["year"]))

    def policies(self) -> list[Row]:
        """Return the policy rows that bind the year."""
        chosen = []
        for row in self.rows["policies"]:
            first = int(row["valid_from"][:4])
            last = int(row["valid_to"][:4]) if row["valid_to"] else 9999
            if row["enabled"] and first <= self.year <= last:
                chosen.append(row)
        return chosen

    def in_scope(self, scope: str, site: str) -> bool:
        """Return whether a policy's scope holds for a site."""
        row = self.sites[site]
        if ":" in scope:
            what, _, members = scope.partition(":")
            value = {
                "cluster": row["site"],
                "site": row["site"],
                "province": row["province"],
                "side": row["side"],
            }[what]
            return value in [member.strip() for member in members.split(";")]
        return bool(
            {
                "national": True,
                "hubs": row["hub"] != "",
                "outside_hubs": row["hub"] == "",
                "clusters": row["is_cluster"],
                "western_development": self.provinces[row["province"]]["western_development"],
            }[scope]
        )
