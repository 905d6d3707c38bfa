"""Auctions and bids written by hand into a `Book`."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from clue_rows import Book, person

DAY = timedelta(days=1)
OPEN = date(2023, 4, 10)


def lot(book: Book, n: int, round: str = "first", **more: Any) -> None:
    """A regular auction of a home of case n worth 1,000,000 元; deviations by keyword."""
    row = {
        "lot_id": f"L{n}-{round}",
        "case_no": f"（2023）浙9901执{n}号",
        "asset_kind": "不动产",
        "asset_id": f"UNIT{n}",
        "round": round,
        "appraised": 100_000_000,
        "reserve": 70_000_000,
        "deposit": 7_000_000,
        "notice_date": OPEN - 30 * DAY,
        "notified_date": OPEN - 40 * DAY,
        "start_date": OPEN,
        "end_date": OPEN + DAY,
        "tax_bearer": "各自负担",
        "tenancy_notice": "无租赁",
        "evacuation": "负责腾退",
        "appraisal_public": True,
        "bidders": 3,
        "deal_price": 80_000_000,
        "status": "sold",
    }
    book.add("auction", **(row | more))


def bid(book: Book, n: int, bidder: int, minute: int = 0, round: str = "first", **more: Any) -> None:
    """A bid on the lot of case n."""
    row = {
        "lot_id": f"L{n}-{round}",
        "round": round,
        "bidder_id": person(bidder),
        "price": 70_000_000,
        "bid_time": datetime(2023, 4, 10, 10, minute),
    }
    book.add("auction_bid", **(row | more))
