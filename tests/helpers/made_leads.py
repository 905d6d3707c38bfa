"""Leads written by hand: cars of debtors whose query is missing."""

from __future__ import annotations

import hashlib
from datetime import date

from features.leads import Cause, Deduction, Lead, LeadRow, Route

CAR = "TESTZZ00000000001"


def lead(n: int = 1) -> Lead:
    """The unsealed car of case n, worth 50,000 元 with a mortgage of 10,000."""
    number = f"（2023）浙9901执{n}号"
    return Lead(
        id="L" + hashlib.sha256(number.encode()).hexdigest()[:16],
        asset_class="VEH",
        class_label="机动车",
        asset_id=f"{CAR[:-2]}{n:02d}",
        asset_name=f"浙Z000{n:02d}",
        holder=f"99000119800101{n:04d}",
        holder_tie="被执行人",
        chain=number,
        case_no=number,
        episode=f"{number}@2023-06-20",
        zb_date=date(2023, 6, 20),
        office="339901",
        court="浙东市第一法院",
        clues=("M2A",),
        rows=(LeadRow("M2A", f"{number}@2023-06-20", date(2023, 6, 20), 5_000_000, "浙Z00001", "", (1, 2), "a" * 16),),
        value_fen=5_000_000,
        value_rid=1,
        value_note="登记的评估价值",
        deductions=(Deduction("mortgage", "抵押担保的债权", 1_000_000, "法条", 1, ""),),
        net_fen=4_000_000,
        net_note="价值减去抵押担保的债权。",
        causes=(Cause("QRY-CL", "未见该范围的网络查询（车辆）", "财产查控手段少", "执行法院（网络查控）", "", None),),
        routes=(Route("civil", "民事", "民事执行监督", "待核实", "法条"),),
        grounds=(),
        steps=("查证。",),
        documents=(("登记", "车辆管理所"),),
        also_in=(),
    )
