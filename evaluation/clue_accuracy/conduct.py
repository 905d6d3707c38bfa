"""Classes of conduct that the world simulates (`evaluation.world.stage.acts.CLASSES`) and the clues for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ConductClass:
    """A class of conduct: its code in the truth, 中文 name, and the clues meant to detect it.

    A clue of kind measure has rows in most cases; `C09:burst` means only its rows whose column `burst` is true.
    """

    code: str
    label: str
    clues: tuple[str, ...]


_ALL = (
    ConductClass("auction_collusion", "串通竞买", ("E11R", "E11Q")),
    ConductClass("auction_relative", "关联人竞得或参与竞买", ("E11B", "E11C", "E11D")),
    ConductClass(
        "auction_procedure",
        "拍卖程序瑕疵",
        ("AUC-NOTICE", "AUC-RESERVE", "AUC2-CUT", "AUC2-LATE", "AUC-DEPOSIT", "AUC-TELL", "AUC-PUBLIC"),
    ),
    ConductClass("auction_default", "恶意悔拍", ("E11X", "AUC-AGAIN")),
    ConductClass("inkind_cheap", "以物抵债过低", ("E11I",)),
    ConductClass("sham_lease", "虚假租赁", ("E11L", "E05L")),
    ConductClass("preservation_lapsed", "保全到期未续", ("PRES-LAPSE",)),
    ConductClass("preservation_unconverted", "保全未转执行", ("PRES-CONVERT",)),
    ConductClass("preservation_released", "保全过早解除", ("PRES-RELEASE",)),
    ConductClass("distribution_unnotified", "分配方案未送达", ("DIST-SERVE",)),
    ConductClass("distribution_order", "未按顺位分配", ("DIST-ORDER",)),
    ConductClass("distribution_no_basis", "分配无案可查的债权", ("DIST-BASIS",)),
    ConductClass("sham_claim", "亲属虚构债权参与分配", ("E07", "E08")),
    ConductClass("money_held", "案款滞留", ("T-PAY",)),
    ConductClass("over_seizure", "超标的查封", ("M11",)),
    ConductClass("dead_debtor", "被执行人死亡", ("M17A", "M17B")),
    ConductClass("credit_list", "失信名单错漏", ("M14A", "M14B", "M14C")),
    ConductClass("obligor_paid", "协助义务人仍支付", ("M16B",)),
    ConductClass("obligor_silent", "协助义务人未答复", ("M16A", "M16C")),
    ConductClass("seal_lapsed", "查封到期未续", ("T-SEAL", "SEAL-LATE", "M2C")),
    ConductClass("demolition_diverted", "征收补偿转移", ("M8A", "M8B", "M8C")),
    ConductClass("travel_violation", "违反限制消费令出行", ("D08", "D11", "D08P")),
    ConductClass("company_commingled", "一人公司混同", ("E02",)),
    ConductClass("company_deregistered", "带债注销", ("E04",)),
    ConductClass("phoenix_company", "换壳经营", ("E03",)),
    ConductClass("rep_changed", "变更法定代表人或股东", ("E01",)),
    ConductClass("divorce_split", "离婚分割逃债", ("E06",)),
    ConductClass("mortgage_kin", "为亲属设立抵押", ("E10",)),
    ConductClass("utility_home", "实际居住他人名下房屋", ("D02",)),
    ConductClass("utility_kin", "近亲属代缴住房费用", ("D02K", "B07")),
    ConductClass("wage_income", "有工资收入未扣留", ("D07", "M6B", "C06")),
    ConductClass("pension_income", "有养老金未扣留", ("M6A",)),
    ConductClass("kin_pays_life", "他人账户代付生活", ("B07",)),
    ConductClass("account_switch", "销户换卡、另开账户", ("C11", "C12")),
    ConductClass("refusal_crime", "拒不执行", ("M19A", "M19B")),
    ConductClass("receivable_diverted", "应收款改付亲属", ("E09",)),
    ConductClass("cash_burst", "集中取现", ("C09:burst",)),
    ConductClass("wallet_out", "转入第三方支付", ("C08:large",)),
    ConductClass("realty_not_sealed", "不动产未查封", ("M3A",)),
    ConductClass("realty_sold_cheap", "低价处分不动产", ("E05",)),
    ConductClass("insurance_premium", "限制消费后投保", ("D05", "M12-INS", "M4A")),
)

CLASSES: Mapping[str, ConductClass] = {conduct.code: conduct for conduct in _ALL}
"""Every class by its code."""
