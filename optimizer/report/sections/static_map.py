"""The map of the plan as a picture."""

from __future__ import annotations

from collections.abc import Sequence

from optimizer.labels import Text
from optimizer.report.blocks import Block, PictureBlock
from optimizer.report.section import Content, Section


def _build(content: Content) -> Sequence[Block]:
    return [
        PictureBlock(
            "map",
            Text("The plan on the map", "方案一览图"),
            content.pictures,
            Text(
                "Map of China: provinces coloured by electricity price, sites as pies of "
                "training, inference and batch load, flows between regions and sites.",
                "中国地图：省份按电价着色，站点以饼图表示训练、推理与批处理负荷，曲线为地区与站点"
                "之间的流量。",
            ),
        )
    ]


SECTION = Section("map", 30, Text("Map", "地图"), _build)
