"""The plan of the district: names, and where roads, railways, rivers and villages lie.

A *position* is in metres east and north of `ORIGIN` (EPSG:4547). The names are real names of the area; the positions
and everything measured from them are invented.
"""

from __future__ import annotations

from dataclasses import dataclass

Position = tuple[float, float]

CRS = "EPSG:4547"
ORIGIN: Position = (479_800.0, 3_839_100.0)  # near 113.78 E, 34.68 N
DISTRICT = "管城回族区"
SHIBALIHE = "十八里河街道"
NANCAO = "南曹乡"
OFFICES = {SHIBALIHE: "十八里河街道办事处", NANCAO: "南曹乡人民政府"}

# Roughly where the fringe ends; fields that lie inside belong to it.
OUTLINE: tuple[Position, ...] = (
    (-4850, -1900),
    (-4750, -3200),
    (-3000, -3650),
    (-1000, -3450),
    (900, -3700),
    (2700, -3450),
    (3900, -2900),
    (4900, -1600),
    (4850, 200),
    (5050, 1700),
    (4550, 3100),
    (2900, 3550),
    (900, 3400),
    (-1100, 3650),
    (-3000, 3500),
    (-4650, 3300),
    (-5050, 1500),
    (-4750, -200),
)


@dataclass(frozen=True)
class Road:
    """A road of the plan, drawn as a curve through its positions."""

    name: str
    road_class: str
    admin_class: str
    width_m: float
    dual: bool
    through: tuple[Position, ...]


ROADS: tuple[Road, ...] = (
    Road(
        "绕城高速",
        "motorway",
        "G",
        28,
        True,
        (
            (-6500, -2800),
            (-4000, -3050),
            (-1500, -3050),
            (1000, -2930),
            (2900, -2450),
            (4100, -1450),
            (4600, -100),
            (4750, 1500),
            (5100, 4500),
        ),
    ),
    Road(
        "机场高速",
        "motorway",
        "S",
        28,
        True,
        ((1500, 4500), (1650, 2000), (2000, 0), (2450, -2200), (3050, -4500)),
    ),
    Road("南四环", "trunk", "G", 40, True, ((-6500, 230), (-3500, 150), (0, 330), (2500, 480), (6500, 850))),
    Road(
        "紫荆山南路",
        "primary",
        "S",
        40,
        True,
        ((-3100, 4500), (-3150, 2000), (-3300, 0), (-3550, -2500), (-3700, -4500)),
    ),
    Road(
        "107国道",
        "primary",
        "G",
        24,
        False,
        ((3300, 4500), (3350, 2000), (3500, 0), (3680, -2000), (4000, -4500)),
    ),
    Road("宇通路", "secondary", "C", 36, True, ((-6500, 1500), (-3000, 1550), (0, 1730), (2500, 1900), (6500, 2200))),
    Road("中华路", "secondary", "X", 30, False, ((-1000, 4500), (-950, 2000), (-850, 0), (-900, -2000), (-780, -4500))),
    Road(
        "南曹路",
        "secondary",
        "X",
        18,
        False,
        ((-3495, -1930), (-2300, -2010), (-890, -2040), (1000, -1990), (2405, -2010)),
    ),
    Road("金岱路", "tertiary", "C", 24, False, ((-3125, 2610), (-2000, 2640), (-975, 2670))),
    Road("文治路", "tertiary", "C", 24, False, ((-2000, 4500), (-2010, 2600), (-2050, 1610), (-2080, 220))),
    Road("文德路", "tertiary", "C", 24, False, ((400, 4500), (370, 2500), (330, 1760), (350, 350))),
    Road("站马屯路", "tertiary", "C", 20, False, ((-5300, 520), (-4500, 480), (-3270, 560))),
    Road("席村路", "tertiary", "Y", 12, False, ((355, 345), (420, -300), (700, -1250), (760, -1985))),
    Road("野曹路", "tertiary", "Y", 12, False, ((2830, 500), (2860, -300), (2950, -1300), (3050, -2390))),
    Road("尚庄路", "tertiary", "Y", 10, False, ((3360, 1250), (4000, 1120), (4720, 1090))),
    # Streets of the two industrial estates.
    Road("金岱工业一街", "residential", "C", 16, False, ((-1490, 2655), (-1495, 2100), (-1520, 1640))),
    Road("金岱工业二街", "residential", "C", 16, False, ((-2025, 2130), (-1495, 2140), (-955, 2170))),
    Road("宇通工业一街", "residential", "C", 16, False, ((-330, 3010), (-320, 2350), (-310, 1712))),
    Road("宇通工业二街", "residential", "C", 16, False, ((-958, 2270), (-320, 2300), (368, 2340))),
    Road("宇通工业三街", "residential", "C", 16, False, ((-965, 2750), (-325, 2760), (375, 2790))),
)

# A high-speed line bends gently between its tangents; the conventional one nearly follows the city's edge.
HIGH_SPEED: tuple[Position, Position, Position] = ((-6500, -900), (0, -600), (6500, -2600))
CONVENTIONAL: tuple[Position, ...] = ((-6500, 3080), (-2500, 2960), (1500, 3090), (6500, 3480))
HIGH_SPEED_NAME = "郑西高铁"
CONVENTIONAL_NAME = "陇海线"
HIGH_SPEED_KM = 18.2
CONVENTIONAL_KM = 572.6

RIVERS: dict[str, tuple[float, tuple[Position, ...]]] = {
    "十八里河": (
        26,
        (
            (-4250, -4500),
            (-4480, -3000),
            (-4080, -1800),
            (-4330, -500),
            (-3990, 800),
            (-4150, 2100),
            (-3820, 3300),
            (-3900, 4500),
        ),
    ),
    "七里河": (
        38,
        (
            (-1950, -4500),
            (-1500, -3400),
            (-1720, -2450),
            (-620, -1650),
            (-200, -700),
            (760, -330),
            (1000, 850),
            (2150, 1080),
            (2750, 2300),
            (3800, 2650),
            (4350, 3600),
            (4900, 4500),
        ),
    ),
}
PONDS: tuple[tuple[float, float, float], ...] = (  # east, north, size in m
    (-2250, 950, 70),
    (-3020, -2250, 85),
    (-520, -2620, 110),
    (1150, -1560, 60),
    (2480, -1150, 75),
    (3950, 480, 80),
    (-4560, 1700, 65),
    (-1750, -920, 55),
    (1280, 1330, 95),
    (4350, 2720, 90),
)


@dataclass(frozen=True)
class Village:
    """A village of the plan; `zone` names the improvement zone that grows around it, if one does."""

    name: str
    at: Position
    households: int
    zone: str | None = None


VILLAGES: tuple[Village, ...] = (
    Village("南刘庄", (-4560, 2420), 610, "南刘庄村"),
    Village("站马屯", (-4560, 980), 980, "站马屯村"),
    Village("十八里河", (-3570, 1020), 1480, "十八里河村"),
    Village("河西袁", (-3640, 2230), 420, "河西袁村"),
    Village("金岱", (-2600, 2080), 690, "金岱村"),
    Village("八郎寨", (-2680, 860), 760, "八郎寨村"),
    Village("小李庄", (-1440, 1000), 820, "小李庄村"),
    Village("柴郭", (-3790, -330), 730, "柴郭村"),
    Village("刘东", (-2640, -330), 640, "刘东村"),
    Village("刘湾", (-3860, -2480), 380, "刘湾村"),
    Village("刘德城", (-2520, -1440), 350, "郎庄村"),
    Village("郎庄", (-2560, -2540), 460, "郎庄村"),
    Village("张华楼", (-1580, -330), 900, "张华楼村"),
    Village("曹古寺", (-1400, -1510), 410),
    Village("王桐", (-330, -130), 860, "王桐村"),
    Village("姚庄", (-270, 1060), 700, "姚庄村"),
    Village("尚岗杨", (1010, 2480), 560),
    Village("贾岗", (2200, 2620), 470),
    Village("司赵", (4080, 2130), 520, "司赵村"),
    Village("七里河", (2620, 880), 540, "七里河村"),
    Village("尚庄", (4070, 1480), 430, "尚庄村"),
    Village("席村", (1430, -620), 920, "席村"),
    Village("野曹", (3210, -560), 590, "野曹村"),
    Village("毕河", (4060, -330), 450, "毕河村"),
    Village("南曹", (190, -1590), 1250, "南曹村"),
    Village("苏庄", (190, -2460), 480, "苏庄村"),
    Village("大王庄", (1640, -2420), 510, "大王庄村"),
)
# Zones around no village: along a road, and two industrial estates.
OTHER_ZONES: dict[str, Position] = {
    "中华路沿线": (-1150, -1380),
    "金岱工业园": (-1500, 2180),
    "宇通工业片区": (-150, 2420),
}
ESTATES: tuple[Position, ...] = ((-2030, 1610), (340, 1760), (395, 2960), (-2010, 2950))
PILOTS: tuple[str, ...] = ("王桐村", "张华楼村", "十八里河村", "小李庄村")
SHOWCASES: tuple[str, ...] = ("中华路沿线", "宇通工业片区", "站马屯村")
WEST: tuple[str, ...] = (
    "南刘庄村",
    "河西袁村",
    "站马屯村",
    "十八里河村",
    "金岱村",
    "八郎寨村",
    "小李庄村",
    "柴郭村",
    "刘东村",
    "刘湾村",
    "金岱工业园",
)
UNITS: tuple[str, ...] = (
    "区发改委",
    "区城管局",
    "区园林局",
    "区农委",
    "区住建局",
    "区自然资源分局",
    "区生态环境分局",
    "区交通局",
)


def township_of(zone: str) -> str:
    """Return the township (乡/街道) of a zone."""
    return SHIBALIHE if zone in WEST else NANCAO
