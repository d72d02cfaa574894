"""The layers of a study, as data: geometry, identity, columns, allowed values and the headings they go by.

A *layer* is a (Geo)DataFrame of one kind. Its *index* is its identity and is named after one of its things: `zone`,
`village`, `road`, `track` (a railway track; tracks of one railway share the column `line`), `plot`, `task`, `report`, …

Aliases are headings seen in files of planning offices; a heading's unit, as in 上报面积（亩）, is split off before
it is matched. Columns that no contract names are kept as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

ColumnType = Literal["text", "number", "share", "date", "moment", "flag", "category"]
POLYGON = ("Polygon", "MultiPolygon")
LINE = ("LineString", "MultiLineString")
POINT = ("Point", "MultiPoint")


@dataclass(frozen=True)
class Column:
    """One column of a contract.

    Parameters
    ----------
    name
        Ends in the unit where there is one.
    type
        ``text``; ``number``; ``share`` (0 to 1); ``date`` (a whole day); ``moment`` (day and time); ``flag``
        (yes or no); ``category`` (one of `values`).
    required
        Whether the layer is unfit without it.
    values
        What a category may be.
    aliases
        Other headings for it.
    minimum
        The least a number may be.
    """

    name: str
    type: ColumnType = "text"
    required: bool = False
    values: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    minimum: float | None = None


@dataclass(frozen=True)
class LayerSpec:
    """The contract of one layer; one that is `unplaced_too` may have rows whose place nobody took down."""

    kind: str
    index: str
    geometry: tuple[str, ...]
    columns: tuple[Column, ...]
    index_aliases: tuple[str, ...] = ()
    unplaced_too: bool = False

    def column(self, name: str) -> Column | None:
        """Return a column by its name, or `None`."""
        return next((column for column in self.columns if column.name == name), None)


STATUSES = ("planned", "under_way", "planted", "accepted", "kept", "lost")
ROAD_CLASSES = (
    "motorway",
    "trunk",
    "primary",
    "secondary",
    "tertiary",
    "unclassified",
    "residential",
    "living_street",
    "service",
    "track",
    "pedestrian",
    "footway",
    "cycleway",
    "path",
    "steps",
)

_NAME = ("名称", "name_zh", "title_zh")
_TOWNSHIP = ("乡镇", "街道", "乡镇街道", "乡镇/街道", "乡（镇、街道）", "乡镇名称", "所属乡镇", "所属街道", "town")
_DISTRICT = ("区", "区县", "县区", "所属区")
_VILLAGE = ("村", "行政村", "村庄", "村名", "所属村")
_POPULATION = ("人口", "常住人口", "总人口", "人口数", "pop")
_ZONE = ("片区", "整治片区", "所属片区", "片区名称", "片区编号")
_LEAD = ("牵头单位", "责任单位", "主管单位", "牵头部门")
_LOCAL = ("属地单位", "属地", "属地责任单位", "配合单位")
_NOTE = ("备注", "说明", "remark", "remarks")

ZONES = LayerSpec(
    "zones",
    "zone",
    POLYGON,
    (
        Column("name", required=True, aliases=(*_NAME, "片区名称", "片区名", "整治片区", "片区")),
        Column("township", aliases=_TOWNSHIP),
        Column("district", aliases=_DISTRICT),
        Column("village", aliases=_VILLAGE),
        Column("kind", "category", values=("pilot", "showcase", "ordinary"), aliases=("类型", "片区类型", "类别")),
        Column("lead_unit", aliases=_LEAD),
        Column("population", "number", aliases=_POPULATION, minimum=0),
    ),
    ("编号", "片区编号", "片区代码", "zone_id", "id"),
)
VILLAGES = LayerSpec(
    "villages",
    "village",
    (*POINT, *POLYGON),
    (
        Column("name", required=True, aliases=(*_NAME, *_VILLAGE, "村庄名称", "行政村名称", "村名称")),
        Column("township", aliases=_TOWNSHIP),
        Column("households", "number", aliases=("户数", "总户数"), minimum=0),
        Column("population", "number", aliases=_POPULATION, minimum=0),
        Column("hardened_share", "share", aliases=("道路硬化率", "硬化率", "硬化比例")),
    ),
    ("编号", "村庄编号", "村代码", "行政村代码", "village_id", "id"),
)
ROADS = LayerSpec(
    "roads",
    "road",
    LINE,
    (
        Column("name", aliases=(*_NAME, "道路名称", "路名", "道路名")),
        Column(
            "road_class",
            "category",
            required=True,
            values=ROAD_CLASSES,
            aliases=("道路等级", "等级", "道路类别", "highway"),
        ),
        Column("link", "flag", aliases=("匝道", "是否匝道")),
        Column("admin_class", "category", values=("G", "S", "X", "Y", "C"), aliases=("行政等级", "道路行政等级")),
        Column("surface", aliases=("路面", "路面类型", "路面材质")),
        Column("width_m", "number", aliases=("宽度", "路宽", "路面宽度", "道路宽度"), minimum=0),
        Column("dual", "flag", aliases=("双幅路", "是否双幅", "双幅")),
    ),
    ("编号", "道路编号", "路段编号", "road_id", "id"),
)
RAIL = LayerSpec(
    "rail",
    "track",
    LINE,
    (
        Column("name", aliases=(*_NAME, "铁路名称")),
        Column("line", aliases=("线路", "线路名称", "线名", "所属线路")),
        Column(
            "rail_class",
            "category",
            required=True,
            values=("high_speed", "conventional", "metro", "light_rail", "tram", "narrow_gauge"),
            aliases=("铁路类别", "铁路类型", "铁路等级"),
        ),
        Column("state", "category", values=("in_use", "construction", "disused"), aliases=("运营状态", "使用状态")),
        Column("km_start", "number", aliases=("起点里程", "起始里程", "起点桩号")),
        Column("structure", aliases=("结构形式", "结构", "线路结构")),
    ),
    ("编号", "线段编号", "轨道编号", "track_id", "id"),
)
PLOTS = LayerSpec(
    "plots",
    "plot",
    POLYGON,
    (
        Column(
            "status", "category", required=True, values=STATUSES, aliases=("状态", "实施状态", "地块状态", "进展状态")
        ),
        Column("status_source", aliases=("状态来源", "数据来源")),
        Column("name", aliases=(*_NAME, "地块名称", "图斑名称")),
        Column(
            "green_class",
            "category",
            values=("G1", "G2", "G3", "XG", "EG"),
            aliases=("绿地类别", "绿地类型", "绿地分类"),
        ),
        Column("planned_on", "date", aliases=("计划日期", "计划时间")),
        Column("started_on", "date", aliases=("开工日期", "开工时间")),
        Column("planted_on", "date", aliases=("栽植日期", "栽植时间", "完工日期")),
        Column("accepted_on", "date", aliases=("验收日期", "验收时间")),
        Column("kept_on", "date", aliases=("保存认定日期", "保存日期")),
        Column("lost_on", "date", aliases=("损毁日期", "灭失日期")),
        Column("survival_share", "share", aliases=("成活率",)),
        Column("claimed_m2", "number", aliases=("上报面积", "申报面积", "台账面积"), minimum=0),
        Column("task", aliases=("任务", "任务编号", "台账编号")),
    ),
    ("编号", "地块编号", "图斑编号", "地块号", "图斑号", "plot_id", "id"),
)
TASKS = LayerSpec(
    "tasks",
    "task",
    (),
    (
        Column(
            "title", required=True, aliases=("任务名称", "任务", "任务内容", "工作任务", "项目名称", "name", *_NAME)
        ),
        Column("zone", required=True, aliases=_ZONE),
        Column("category", required=True, aliases=("类别", "任务类别", "工作类别", "专项", "类型")),
        Column("unit", required=True, aliases=("单位", "计量单位")),
        Column("target", "number", required=True, aliases=("目标量", "目标", "任务量", "计划量", "总量", "目标任务")),
        Column("start", "date", required=True, aliases=("开始日期", "开工日期", "启动时间", "开始时间", "起始日期")),
        Column(
            "due",
            "date",
            required=True,
            aliases=("完成时限", "完成日期", "截止日期", "时限", "完成时间", "计划完成时间"),
        ),
        Column("weight", "number", aliases=("权重", "分值", "权值"), minimum=0),
        Column("township", aliases=_TOWNSHIP),
        Column("village", aliases=_VILLAGE),
        Column("lead_unit", aliases=_LEAD),
        Column("local_unit", aliases=_LOCAL),
        Column("pilot", "flag", aliases=("试点", "是否试点")),
        Column("unit_given", aliases=("原单位",)),
        Column("target_given", aliases=("原目标量",)),
        Column("note", aliases=_NOTE),
    ),
    ("编号", "任务编号", "台账编号", "序号", "task_id", "id"),
)
REPORTS = LayerSpec(
    "reports",
    "report",
    (),
    (
        Column("task", required=True, aliases=("任务编号", "任务", "台账编号", "task_id")),
        Column("date", "date", required=True, aliases=("日期", "上报日期", "统计日期", "截至日期")),
        Column(
            "done",
            "number",
            required=True,
            aliases=("累计完成", "完成量", "累计完成量", "已完成", "完成数量"),
            minimum=0,
        ),
        Column("kind", "category", values=("report", "void"), aliases=("类型", "记录类型")),
        Column("corrects", aliases=("更正", "更正编号", "作废编号")),
        Column("recorded_at", "moment", aliases=("填报时间", "录入时间", "上报时间")),
        Column("reporter", aliases=("填报人", "上报人", "填报单位")),
        Column("note", aliases=_NOTE),
        Column("evidence", aliases=("佐证", "佐证材料", "附件")),
    ),
    ("编号", "上报编号", "记录编号", "流水号", "report_id", "id"),
)
FINDINGS = LayerSpec(
    "findings",
    "finding",
    POINT,
    (
        Column("zone", required=True, aliases=_ZONE),
        Column("found_on", "date", required=True, aliases=("发现日期", "检查日期", "督导日期", "发现时间")),
        Column("category", required=True, aliases=("类别", "问题类别", "问题类型")),
        Column("severity", aliases=("严重程度", "等级")),
        Column("text", aliases=("内容", "问题描述", "存在问题")),
        Column("due", "date", aliases=("整改时限", "完成时限", "整改期限")),
        Column("responsible", aliases=("责任单位", "整改单位", "整改责任单位")),
        Column("rectified_on", "date", aliases=("整改日期", "整改完成日期", "整改完成时间")),
        Column("returned_on", "date", aliases=("退回日期", "退回整改日期", "复核不合格日期")),
        Column("verified_on", "date", aliases=("核验日期", "复核日期", "核查日期")),
        Column("closed_on", "date", aliases=("销号日期", "销号时间", "办结日期")),
        Column("photo", aliases=("照片", "现场照片", "图片")),
        Column("accuracy_m", "number", aliases=("定位精度", "定位误差"), minimum=0),
        Column("kind", "category", values=("finding", "void"), aliases=("记录类型",)),
        Column("corrects", aliases=("更正", "更正编号", "作废编号")),
        Column("recorded_at", "moment", aliases=("填报时间", "录入时间", "上报时间")),
        Column("reporter", aliases=("填报人", "上报人", "检查人", "督导人员")),
        Column("note", aliases=_NOTE),
    ),
    ("编号", "问题编号", "发现编号", "finding_id", "id"),
    unplaced_too=True,
)
_LAND_COLUMNS = (
    Column("name", aliases=_NAME),
    Column("land_class", aliases=("地类", "地类名称", "地类编码", "用地类型")),
)
LAND = LayerSpec("land", "parcel", POLYGON, _LAND_COLUMNS, ("编号", "图斑编号", "parcel_id", "id"))
WATER = LayerSpec(
    "water", "water", POLYGON, (Column("name", aliases=(*_NAME, "水系名称")),), ("编号", "水系编号", "id")
)
BUILDINGS = LayerSpec(
    "buildings", "building", POLYGON, (Column("name", aliases=_NAME),), ("编号", "建筑编号", "building_id", "id")
)
# Tables that belong to no study: an appraisal's list of items, and what the appraisers gave.
CHECKLIST = LayerSpec(
    "checklist",
    "item",
    (),
    (
        Column("content", required=True, aliases=("测评内容", "考核内容", "检查内容", "评价内容", "内容")),
        Column("weight", "number", required=True, aliases=("分值", "分值（分）", "权重", "权值", "标准分"), minimum=0),
        Column("full_mark", "number", aliases=("满分", "满分（分）", "满分值"), minimum=0),
        Column("section", aliases=("测评项目", "考核项目", "检查项目", "一级指标", "类别", "项目")),
        Column("standard", aliases=("测评标准", "考核标准", "评分标准", "标准")),
        Column("method", aliases=("测评方法", "考核方式", "检查方法", "评分方法", "方法")),
        Column("edition", aliases=("版本", "版次", "年度")),
    ),
    ("编号", "项目编号", "指标编号", "测评编号", "序号", "item_id", "id"),
)
RATINGS = LayerSpec(
    "ratings",
    "rating",
    (),
    (
        Column("item", required=True, aliases=("测评编号", "指标编号", "项目编号")),
        Column("zone", required=True, aliases=_ZONE),
        Column("score", "number", required=True, aliases=("得分", "得分（分）", "评分", "打分", "实得分"), minimum=0),
        Column("date", "date", required=True, aliases=("日期", "检查日期", "测评日期", "考核日期")),
        Column("site", aliases=("点位", "检查点", "测评点位", "地点")),
        Column("inspector", aliases=("检查人", "评分人", "测评员")),
        Column("note", aliases=_NOTE),
    ),
    ("编号", "记录编号", "评分编号", "序号", "rating_id", "id"),
)

LAYERS: Mapping[str, LayerSpec] = MappingProxyType(
    {
        spec.kind: spec
        for spec in (ZONES, VILLAGES, ROADS, RAIL, PLOTS, TASKS, REPORTS, FINDINGS, LAND, WATER, BUILDINGS)
    }
)
TABLES: Mapping[str, LayerSpec] = MappingProxyType({spec.kind: spec for spec in (CHECKLIST, RATINGS)})
INDEX: Mapping[str, str] = MappingProxyType({kind: spec.index for kind, spec in LAYERS.items()})
LEDGER_KINDS = ("tasks", "reports")
GEO_KINDS = tuple(kind for kind, spec in LAYERS.items() if spec.geometry)
