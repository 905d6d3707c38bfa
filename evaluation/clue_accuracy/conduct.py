"""Classes of conduct that the world plays (`evaluation.world.stage.acts.CLASSES`) and the clues that look for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Conduct:
    """A class of conduct: its code in the truth, 中文 name, and the clues that look for it.

    A measure has rows wherever there is something to measure; `C09:burst` means its rows whose column `burst` is true.
    """

    code: str
    label: str
    clues: tuple[str, ...]


_ALL = (
    Conduct("auction_collusion", "串通竞买", ("E11R", "E11Q")),
    Conduct("auction_relative", "关联人竞得或参与竞买", ("E11B", "E11C", "E11D")),
    Conduct(
        "auction_procedure",
        "拍卖程序瑕疵",
        ("AUC-NOTICE", "AUC-RESERVE", "AUC2-CUT", "AUC2-LATE", "AUC-DEPOSIT", "AUC-TELL", "AUC-PUBLIC"),
    ),
    Conduct("auction_default", "恶意悔拍", ("E11X", "AUC-AGAIN")),
    Conduct("inkind_cheap", "以物抵债过低", ("E11I",)),
    Conduct("sham_lease", "虚假租赁", ("E11L", "E05L")),
    Conduct("preservation_lapsed", "保全到期未续", ("PRES-LAPSE",)),
    Conduct("preservation_unconverted", "保全未转执行", ("PRES-CONVERT",)),
    Conduct("preservation_released", "保全过早解除", ("PRES-RELEASE",)),
    Conduct("distribution_unnotified", "分配方案未送达", ("DIST-SERVE",)),
    Conduct("distribution_order", "未按顺位分配", ("DIST-ORDER",)),
    Conduct("distribution_no_basis", "分配无案可查的债权", ("DIST-BASIS",)),
    Conduct("sham_claim", "亲属虚构债权参与分配", ("E07", "E08")),
    Conduct("money_held", "案款滞留", ("T-PAY",)),
    Conduct("over_seizure", "超标的查封", ("M11",)),
    Conduct("dead_debtor", "被执行人死亡", ("M17A", "M17B")),
    Conduct("credit_list", "失信名单错漏", ("M14A", "M14B", "M14C")),
    Conduct("obligor_paid", "协助义务人仍支付", ("M16B",)),
    Conduct("obligor_silent", "协助义务人未答复", ("M16A", "M16C")),
    Conduct("seal_lapsed", "查封到期未续", ("T-SEAL", "SEAL-LATE", "M2C")),
    Conduct("demolition_diverted", "征收补偿转移", ("M8A", "M8B", "M8C")),
    Conduct("travel_violation", "违反限制消费令出行", ("D08", "D11", "D08P")),
    Conduct("company_commingled", "一人公司混同", ("E02",)),
    Conduct("company_deregistered", "带债注销", ("E04",)),
    Conduct("phoenix_company", "换壳经营", ("E03",)),
    Conduct("rep_changed", "变更法定代表人或股东", ("E01",)),
    Conduct("divorce_split", "离婚分割逃债", ("E06",)),
    Conduct("mortgage_kin", "为亲属设立抵押", ("E10",)),
    Conduct("utility_home", "实际居住他人名下房屋", ("D02",)),
    Conduct("utility_kin", "近亲属代缴住房费用", ("D02K", "B07")),
    Conduct("wage_income", "有工资收入未扣留", ("D07", "M6B", "C06")),
    Conduct("pension_income", "有养老金未扣留", ("M6A",)),
    Conduct("kin_pays_life", "他人账户代付生活", ("B07",)),
    Conduct("account_switch", "销户换卡、另开账户", ("C11", "C12")),
    Conduct("refusal_crime", "拒不执行", ("M19A", "M19B")),
    Conduct("receivable_diverted", "应收款改付亲属", ("E09",)),
    Conduct("cash_burst", "集中取现", ("C09:burst",)),
    Conduct("wallet_out", "转入第三方支付", ("C08:large",)),
    Conduct("realty_not_sealed", "不动产未查封", ("M3A",)),
    Conduct("realty_sold_cheap", "低价处分不动产", ("E05",)),
    Conduct("insurance_premium", "限制消费后投保", ("D05", "M12-INS", "M4A")),
)

CLASSES: Mapping[str, Conduct] = {conduct.code: conduct for conduct in _ALL}
"""Every class by its code."""
