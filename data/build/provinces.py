"""The 34 province-level units: codes, names, statistical region, western development."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from data.build.cells import Basis, Cell, combined
from data.build.raw import one
from data.build.writer import Pack


@dataclass(frozen=True, slots=True)
class Province:
    """One province-level unit.

    Parameters
    ----------
    code
        Two letters.
    name_zh, name_en
        Short names.
    macro_region
        Statistical region.
    western
        Whether the western development programme covers it.
    capital_zh, capital_en
        Capital; empty where the pack has no metro site.
    """

    code: str
    name_zh: str
    name_en: str
    macro_region: str
    western: bool
    capital_zh: str = ""
    capital_en: str = ""

    @property
    def metro(self) -> str:
        """Code of the metro site of the capital."""
        return f"{self.code.lower()}_metro"


PROVINCES: Final = (
    Province("BJ", "北京", "Beijing", "east", False, "北京", "Beijing"),
    Province("TJ", "天津", "Tianjin", "east", False, "天津", "Tianjin"),
    Province("HE", "河北", "Hebei", "east", False, "石家庄", "Shijiazhuang"),
    Province("SX", "山西", "Shanxi", "central", False, "太原", "Taiyuan"),
    Province("NM", "内蒙古", "Inner Mongolia", "west", True, "呼和浩特", "Hohhot"),
    Province("LN", "辽宁", "Liaoning", "northeast", False, "沈阳", "Shenyang"),
    Province("JL", "吉林", "Jilin", "northeast", False, "长春", "Changchun"),
    Province("HL", "黑龙江", "Heilongjiang", "northeast", False, "哈尔滨", "Harbin"),
    Province("SH", "上海", "Shanghai", "east", False, "上海", "Shanghai"),
    Province("JS", "江苏", "Jiangsu", "east", False, "南京", "Nanjing"),
    Province("ZJ", "浙江", "Zhejiang", "east", False, "杭州", "Hangzhou"),
    Province("AH", "安徽", "Anhui", "central", False, "合肥", "Hefei"),
    Province("FJ", "福建", "Fujian", "east", False, "福州", "Fuzhou"),
    Province("JX", "江西", "Jiangxi", "central", False, "南昌", "Nanchang"),
    Province("SD", "山东", "Shandong", "east", False, "济南", "Jinan"),
    Province("HA", "河南", "Henan", "central", False, "郑州", "Zhengzhou"),
    Province("HB", "湖北", "Hubei", "central", False, "武汉", "Wuhan"),
    Province("HN", "湖南", "Hunan", "central", False, "长沙", "Changsha"),
    Province("GD", "广东", "Guangdong", "east", False, "广州", "Guangzhou"),
    Province("GX", "广西", "Guangxi", "west", True, "南宁", "Nanning"),
    Province("HI", "海南", "Hainan", "east", False, "海口", "Haikou"),
    Province("CQ", "重庆", "Chongqing", "west", True, "重庆", "Chongqing"),
    Province("SC", "四川", "Sichuan", "west", True, "成都", "Chengdu"),
    Province("GZ", "贵州", "Guizhou", "west", True, "贵阳", "Guiyang"),
    Province("YN", "云南", "Yunnan", "west", True, "昆明", "Kunming"),
    Province("XZ", "西藏", "Xizang", "west", True, "拉萨", "Lhasa"),
    Province("SN", "陕西", "Shaanxi", "west", True, "西安", "Xi'an"),
    Province("GS", "甘肃", "Gansu", "west", True, "兰州", "Lanzhou"),
    Province("QH", "青海", "Qinghai", "west", True, "西宁", "Xining"),
    Province("NX", "宁夏", "Ningxia", "west", True, "银川", "Yinchuan"),
    Province("XJ", "新疆", "Xinjiang", "west", True, "乌鲁木齐", "Urumqi"),
    Province("TW", "台湾", "Taiwan", "east", False),
    Province("HK", "香港", "Hong Kong", "east", False),
    Province("MO", "澳门", "Macao", "east", False),
)

MAINLAND: Final = tuple(province for province in PROVINCES if province.capital_zh)
"""The 31 units that have a metro site and a demand region."""

BY_CODE: Final = {province.code: province for province in PROVINCES}


def population(code: str) -> Cell:
    """Return the resident population of a province."""
    row = one("demand", scope="province", region_code=code, metric="resident_population")
    return row.cell("value", row.text("as_of"))


def gdp(code: str) -> Cell:
    """Return the gross domestic product of a province in 100 million yuan."""
    row = one("demand", scope="province", region_code=code, metric="gdp")
    return row.cell("value", row.text("as_of"))


def area_km2(code: str) -> float:
    """Return the land area of a province in km2."""
    return one("province_areas", province_code=code).number("area_km2")


def add_provinces(pack: Pack) -> None:
    """Add the table ``provinces``."""
    for province in PROVINCES:
        row = one("province_areas", province_code=province.code)
        area = row.number("area_km2")
        step = 100 if area >= 2000 else 10
        pack.add(
            "provinces",
            {
                "province": province.code,
                "adcode": row.text("adcode"),
                "name_zh": province.name_zh,
                "name_en": province.name_en,
                "macro_region": province.macro_region,
                "western_development": province.western,
                "area_km2": row.cell("area_km2", row.source.date),
            },
            Basis(
                "estimate",
                combined((row.source,)),
                row.source.date,
                f"area of the boundary polygons in an equal-area projection, to {step} km2",
            ),
        )
