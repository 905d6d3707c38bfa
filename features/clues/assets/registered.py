"""Property registered to the debtor on the termination day and not dealt with (docs/domain.md section M3, M4, M5,
M7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir

from features.clues.assets.acquired import large
from features.clues.base.clue import Feature, Needs, Register
from features.clues.base.helpers import cite, not_controlled, reaches, searched

if TYPE_CHECKING:
    from features.facts import Facts

family = Register("registered")

_DUTY = "关于严格规范终结本次执行程序的规定（试行）第一条第三项"


def _left_alone(f: Facts, kind: str, what: str) -> ir.Table:
    """Things of a kind held on the termination day that no case controlled that day and the register does not mark."""
    mine = f.owned.filter(f.owned.asset_kind == kind, f.owned.at_end)
    marked = ibis.coalesce(mine.marked & (mine.marked_until >= mine.zb_date), False)
    mine = not_controlled(f, mine.filter(~marked, reaches(mine.log_on, mine.zb_date)), "asset_id", "zb_date")
    return mine.mutate(note=searched(mine.log_on, what), src=cite(mine.rid, mine.case_rid), free=~mine.exempt)


@family.clue(
    "M3A",
    "名下不动产未查封",
    kind="measure",
    channel="AB",
    needs=Needs(("RE", "CLOG")),
    features=(
        Feature("M3A_n", "终本时名下未查封不动产数", "count"),
        Feature("M3A_net", "终本时名下未查封不动产净值/未履行额", "sum", "amount", per="debt", cap=5.0, unit="比"),
        Feature("M3A_free", "终本时名下未查封且非唯一住房的不动产数", "count", where="free"),
    ),
    sentence="终本时被执行人名下有{n}处不动产未见有效查封，净值合计{total}，疑似遗漏财产，待核实。",
    innocent=("唯一必需住房", "抵押债权超过房屋价值", "他院在先查封未录入本院记录", "共有份额难以处置"),
    next_step="向不动产登记中心核对查封登记，调取执行卷宗中的不动产查控反馈和不处置理由。",
    law=f"{_DUTY}；民诉法第二百五十五条（待核）；查封、扣押、冻结财产的规定第三条至第五条",
)
def realty_not_sealed(f: Facts) -> ir.Table:
    """Realty in the debtor's name on the termination day under no seal in force, by the log and by the register."""
    mine = _left_alone(f, "RE", "终本日无有效查封记录")
    return mine.select("episode", "note", "src", "free", day="zb_date", amount="net", who="label")


@family.clue(
    "M4A",
    "名下保单现金价值未控制",
    kind="measure",
    channel="AB",
    needs=Needs(("INS", "CLOG")),
    features=(
        Feature("M4A_n", "有现金价值而未冻结的保单数", "count"),
        Feature("M4A_value", "未冻结保单现金价值/未履行额", "sum", "amount", per="debt", cap=5.0, unit="比"),
    ),
    sentence="终本时被执行人为投保人的{n}份有效保单现金价值合计{total}，未见冻结或扣划，疑似遗漏财产，待核实。",
    innocent=("保障型保单现金价值被高估", "实际缴费人为他人", "涉及被保险人、受益人基本生活保障"),
    next_step="向保险公司核实现金价值和缴费来源，建议法院冻结并依法提取。",
    law=f"{_DUTY}；终本合规核查第四项（待核）；（2020）最高法执复71号",
)
def policy_not_frozen(f: Facts) -> ir.Table:
    """Policies held on the termination day with a cash value worth enforcing and under no freeze."""
    mine = _left_alone(f, "INS", "终本日无该保单冻结记录")
    mine = mine.filter(large(mine.net, mine.debt))
    return mine.select("episode", "note", "src", day="zb_date", amount="net", who="label")


@family.clue(
    "M5A",
    "公积金余额未处置",
    kind="measure",
    channel="AB",
    needs=Needs(("HPF", "CLOG")),
    features=(
        Feature("M5A_n", "有余额而未冻结的公积金账户数", "count"),
        Feature("M5A_balance", "未冻结公积金余额/未履行额", "sum", "amount", per="debt", cap=5.0, unit="比"),
        Feature("M5A_free", "未冻结且无贷款的公积金余额/未履行额", "sum", "amount", "debt", 5.0, "比", "free"),
    ),
    sentence="终本时被执行人公积金账户余额{total}，未见冻结或划扣，为可核查的财产线索。",
    innocent=("余额质押于住房公积金贷款", "尚不具备提取条件", "属必需居住保障"),
    next_step="向公积金中心核实余额和提取条件，建议法院依法处理。",
    law=f"{_DUTY}；终本合规核查第四项（待核）",
)
def fund_not_frozen(f: Facts) -> ir.Table:
    """Provident funds open on the termination day with a balance worth enforcing and under no freeze."""
    mine = _left_alone(f, "HPF", "终本日无该账户冻结记录")
    mine = mine.filter(large(mine.net, mine.debt))
    return mine.select("episode", "note", "src", "free", day="zb_date", amount="net", who="label")


@family.clue(
    "M7A",
    "名下股权未冻结",
    kind="measure",
    channel="AB",
    needs=Needs(("EQ", "CLOG")),
    features=(
        Feature("M7A_n", "终本时未冻结的持股数", "count"),
        Feature("M7A_paid", "终本时未冻结股权出资额/未履行额", "sum", "amount", per="debt", cap=5.0, unit="比"),
    ),
    sentence="终本时被执行人持有{n}家企业股权（出资额合计{total}），未见冻结，疑似有可供执行财产，待核实。",
    innocent=("空壳公司，股权无价值", "出资认缴未到期", "名义持股，已另案确权"),
    next_step="查询企业公示系统和年报，核实经营和出资情况，建议法院冻结股权。",
    law=f"{_DUTY}；强制执行股权规定（2021）第四条至第八条",
)
def shares_not_frozen(f: Facts) -> ir.Table:
    """Shares held on the termination day under no freeze."""
    mine = _left_alone(f, "EQ", "终本日无该股权冻结记录")
    return mine.select("episode", "note", "src", day="zb_date", amount="net", who="label")
