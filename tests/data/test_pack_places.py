"""Places, links and climate of the shipped tables."""

from __future__ import annotations

import importlib
import json
import math

import pytest

from data.build.raw import where
from tests.data.pack_tables import CLUSTERS, DATA, number, records


def distance_km(one_end: dict[str, str], other: dict[str, str]) -> float:
    vectors = []
    for row in (one_end, other):
        lon, lat = math.radians(float(row["lon"])), math.radians(float(row["lat"]))
        vectors.append(
            (math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat))
        )
    chord = math.dist(*vectors)
    return 2 * 6371.0 * math.asin(chord / 2)


def test_a_metro_near_a_cluster_shares_its_tariff_and_grid() -> None:
    sites = records("sites")
    near = {}
    for metro in sites:
        if metro["is_cluster"] == "true":
            continue
        for cluster in sites:
            if cluster["is_cluster"] == "true" and distance_km(metro, cluster) <= 60.0:
                near[metro["site"]] = cluster["site"]
                for column in ("tariff_region", "voltage_kv", "grid_area"):
                    assert metro[column] == cluster[column]
        if metro["site"] not in near:
            assert metro["voltage_kv"] == "1-10"
    assert near == {
        "cq_metro": "chongqing",
        "gz_metro": "guian",
        "nm_metro": "horinger",
        "sc_metro": "tianfu",
        "sh_metro": "yangtze_demo",
    }


def test_every_site_lies_in_its_province() -> None:
    content = json.loads((DATA / "basemap" / "china.geojson").read_text(encoding="utf-8"))
    # Imported by name because the package has no type stubs.
    geometry = importlib.import_module("shapely.geometry")
    polygons = {
        feature["properties"]["adcode"]: geometry.shape(feature["geometry"])
        for feature in content["features"]
        if "adcode" in feature["properties"]
    }
    adcode = {row["province"]: row["adcode"] for row in records("provinces")}
    for row in records("sites"):
        point = geometry.Point(float(row["lon"]), float(row["lat"]))
        assert polygons[adcode[row["province"]]].contains(point), row["site"]


def test_links_join_all_sites() -> None:
    neighbours: dict[str, set[str]] = {}
    for row in records("links"):
        neighbours.setdefault(row["from_site"], set()).add(row["to_site"])
        neighbours.setdefault(row["to_site"], set()).add(row["from_site"])
    reached, edge = {"bj_metro"}, {"bj_metro"}
    while edge:
        edge = {other for site in edge for other in neighbours[site]} - reached
        reached |= edge
    assert reached == {row["site"] for row in records("sites")}
    assert min(len(others) for others in neighbours.values()) >= 2


def test_mean_latency_between_clusters_is_the_published_one() -> None:
    infinite = math.inf
    sites = [row["site"] for row in records("sites")]
    length = {(a, b): 0.0 if a == b else infinite for a in sites for b in sites}
    for row in records("links"):
        ends = row["from_site"], row["to_site"]
        length[ends] = length[ends[::-1]] = float(row["fibre_km"])
    for via in sites:
        for a in sites:
            for b in sites:
                length[a, b] = min(length[a, b], length[a, via] + length[via, b])
    pairs = [(a, b) for a in CLUSTERS for b in CLUSTERS if a < b]
    mean_km = sum(length[pair] for pair in pairs) / len(pairs)
    values = {row["parameter"]: float(row["value"]) for row in records("parameters")}
    for kind, published in (("optical", 9.7), ("ip_private", 14.6), ("public", 16.7)):
        per_km = values[f"route_factor_{kind}"] * values["fibre_us_per_km"] / 1000
        mean = mean_km * per_km + values[f"equipment_one_way_ms_{kind}"]
        assert mean == pytest.approx(published, abs=1e-3)


def test_climate_agrees_with_the_derived_rows() -> None:
    station = {"yangtze_demo": "徐汇"}
    count = 0
    for row in where("climate", metric="dry_bulb_month_mean_model_derived"):
        site = row.text("cluster_id")
        if station.get(site, row.text("place_zh")) != row.text("place_zh"):
            continue
        month = row.text("period").removeprefix("month ")
        shipped = number("climate", "mean_temperature_c", site=site, month=month)
        # The derived rows are rounded to one decimal, the table to two.
        assert shipped == pytest.approx(row.number("value"), abs=0.05 + 1e-9)
        count += 1
    assert count == 10 * 12
