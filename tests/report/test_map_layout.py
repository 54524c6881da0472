from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import shapely

from optimizer.report.map_layout import (
    Obstacles,
    Option,
    arranged,
    grown,
    overlap,
    ribbon,
    round_below,
    spread,
)

PAGE = (0.0, 0.0, 400.0, 400.0)


def test_spread_parts_circles_and_leaves_free_ones_alone() -> None:
    true = np.array([[100.0, 100.0], [100.0, 100.0], [110.0, 100.0], [300.0, 300.0]])
    radii = np.array([20.0, 5.0, 8.0, 10.0])
    places = spread(true, radii, gap=1.0)
    for one, other in itertools.combinations(range(4), 2):
        distance = math.dist(places[one], places[other])
        assert distance >= radii[one] + radii[other] + 0.99
    assert places[3] == pytest.approx(true[3])
    assert math.dist(places[0], true[0]) < math.dist(places[1], true[1])
    assert np.array_equal(places, spread(true, radii, gap=1.0))
    assert math.dist(places[1], true[1]) < 40.0


def test_spread_of_nothing_and_of_one() -> None:
    assert spread(np.empty((0, 2)), np.empty(0)).shape == (0, 2)
    assert spread(np.array([[1.0, 2.0]]), np.array([3.0])) == pytest.approx(np.array([[1.0, 2.0]]))


@pytest.mark.parametrize("bend", [0.0, 0.16])
def test_ribbon_is_one_arrow_between_two_circles(bend: float) -> None:
    corners, centre = ribbon((0.0, 0.0), (200.0, 50.0), (10.0, 20.0), 5.0, bend)
    shape = shapely.Polygon(corners)
    assert shape.is_valid
    assert shape.disjoint(shapely.Point(0, 0).buffer(8.0))
    assert shape.disjoint(shapely.Point(200, 50).buffer(20.0))
    assert shape.distance(shapely.Point(200, 50)) < 25.0
    assert len(centre) == 40
    side = 200.0 * centre[20, 1] - 50.0 * centre[20, 0]
    assert side == pytest.approx(0.0, abs=1e-6) if bend == 0 else side < 0  # right of the way


def test_there_and_back_do_not_cover_each_other() -> None:
    there, _ = ribbon((0.0, 0.0), (200.0, 0.0), (5.0, 5.0), 4.0)
    back, _ = ribbon((200.0, 0.0), (0.0, 0.0), (5.0, 5.0), 4.0)
    shared = shapely.Polygon(there).intersection(shapely.Polygon(back)).area
    assert shared < 0.05 * shapely.Polygon(there).area


def test_labels_take_turns() -> None:
    near, far = (0.0, 0.0, 10.0, 10.0), (20.0, 0.0, 30.0, 10.0)
    options = [
        [Option(near, "left", 0.0, None), Option(far, "left", 5.0, None)],
        [Option(near, "left", 0.0, None), Option((40.0, 0.0, 50.0, 10.0), "left", 1.0, None)],
    ]
    assert [option.box[0] for option in arranged(options)] == [0.0, 40.0]
    assert arranged([]) == []


def test_pairs_move_where_single_labels_are_stuck() -> None:
    # each label alone would have to pass over the other to improve
    left, right = (0.0, 0.0, 10.0, 10.0), (12.0, 0.0, 22.0, 10.0)
    options = [
        [Option(left, "left", 0.0, None), Option(right, "left", 3.0, None)],
        [Option(left, "left", 0.0, None), Option(right, "left", 20.0, None)],
    ]
    assert [option.box[0] for option in arranged(options)] == [12.0, 0.0]


def test_labels_keep_clear_of_pies_legends_and_the_edge() -> None:
    obstacles = Obstacles(
        limits=PAGE,
        centres=np.array([[50.0, 200.0], [90.0, 200.0]]),
        radii=np.array([10.0, 10.0]),
        boxes=[(0.0, 215.0, 400.0, 400.0)],
    )
    options = obstacles.options((50.0, 200.0), 10.0, (45.0, 16.0))
    best = min(options, key=lambda option: option.dislike)
    assert obstacles.conflict(best.box, 0.0) == 0.0
    assert overlap(best.box, obstacles.boxes[0]) == 0.0
    assert best.box[3] <= 215.0
    assert obstacles.conflict((395.0, 10.0, 410.0, 20.0), 0.0) >= 1000.0


def test_names_stay_in_their_area_or_away() -> None:
    obstacles = Obstacles(limits=PAGE, centres=np.array([[50.0, 50.0]]), radii=np.array([12.0]))
    area = shapely.box(20, 20, 100, 80)
    place = obstacles.free_place(area, (20.0, 8.0))
    assert place is not None
    assert shapely.contains_xy(area, *place)
    assert math.dist(place, (50.0, 50.0)) > 12.0
    obstacles.boxes.append(grown((20.0, 20.0, 100.0, 80.0), 5.0))
    assert obstacles.free_place(area, (20.0, 8.0)) is None


@pytest.mark.parametrize(
    ("value", "expected"), [(437.0, 300.0), (1.0, 1.0), (0.25, 0.2), (5e3, 5e3), (99.9, 50.0)]
)
def test_legend_values_are_round(value: float, expected: float) -> None:
    assert round_below(value) == pytest.approx(expected)
