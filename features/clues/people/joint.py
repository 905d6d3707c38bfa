"""Clues on sham lawsuits and claims by insiders (docs/domain.md section M15, E07, E08), and on refusal to perform a
judgment (拒执罪, M19)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir

from features.clues.base.clue import Needs, Register, debt_ratio, feature
from features.clues.base.helpers import clue_rows, no_amount, rids_or_none, text, whole_yuan
from features.clues.base.statement_helpers import RELATIONS
from features.facts.assets.auctions import KIN_COMPANY
from features.facts.people.people import KIN
from features.facts.people.suits import ABILITY, BREACH, REPORT, SANCTION, TRANSFER
from features.facts.rows import first_per_key, left_joined, row_ids

if TYPE_CHECKING:
    from features.facts import Facts

family = Register("joint", "虚假诉讼与拒执罪线索", __file__)

INNER = (*KIN, "controller", "shareholder", "legal_rep", "accountant", KIN_COMPANY)
"""Ties of the family and of those who run a company."""

NEAR = (*INNER, "employee")
"""Ties by which somebody stands near enough to act for a debtor; an address or telephone alone does not."""

TIES = RELATIONS | {
    "controller": "实际控制人",
    "shareholder": "股东",
    "legal_rep": "法定代表人",
    "accountant": "会计",
    "employee": "员工",
    KIN_COMPANY: "本人或近亲属的企业",
}

LOAN = "借贷|借款|借条"
LABOUR = "劳动|劳务|工资"
PARTS = {TRANSFER: "转移处分", BREACH: "违反限制消费", REPORT: "财产报告", SANCTION: "受过处罚", ABILITY: "履行能力"}


def _near(f: Facts) -> ir.Table:
    """episode, near (number), near_name, rel, tie_rid, inner: who stands near a debtor without being one."""
    tie = f.insiders.filter(f.insiders.rel.isin(NEAR))
    # A company is somebody's by the register of companies: whose kin that is stays open where kin were not asked about.
    asked = f.coverage.filter(f.coverage.source == "KIN").episode
    tie = tie.filter((tie.rel != KIN_COMPANY) | tie.episode.isin(asked))
    return tie.select(
        "rel", "tie_rid", near_in="episode", near="other", near_name="other_name", inner=tie.rel.isin(INNER)
    )


def _suits(f: Facts) -> ir.Table:
    """Suits of others than the own applicant filed since service, with the tie of the plaintiff (NULL: none)."""
    suit = f.suits.filter(~f.suits.own).join(f.anchors.select("episode", "t_srv"), "episode")
    suit = suit.filter(suit.suit_date >= suit.t_srv)
    tie = _near(f)
    suit = suit.left_join(tie, [suit.episode == tie.near_in, suit.plaintiff == tie.near])
    took = suit.ended_on.delta(suit.suit_date, unit="day")
    return suit.mutate(took=took, quick=ibis.coalesce(suit.settled & (took <= f.threshold("E07-DAYS")), False))


@family.clue("E07", kind="finding", channel="A", needs=Needs(("COURT", "KIN"), since="t_srv"))
@feature("E07_n", "送达后近亲属等起诉快速调解件数", "count")
@debt_ratio("E07_ratio", "送达后近亲属等起诉快速调解金额/未履行额")
@feature("E07_kin", "送达后近亲属起诉快速调解件数", "count", where="to_kin")
def sued_and_settled(f: Facts) -> ir.Table:
    """Suits of kin, staff or insiders against a debtor since service, settled by 调解 within days of the filing."""
    suit = _suits(f).filter(lambda t: t.quick, lambda t: t.tie_rid.notnull())
    return clue_rows(
        suit,
        day="suit_date",
        who=ibis.coalesce(suit.near_name, suit.plaintiff),
        note=text(suit.suit_no, "，", suit.rel.substitute(TIES), "，", suit.cause, "，", "立案", suit.took, "天调解"),
        src=("rid", "tie_rid"),
        to_kin=suit.rel.isin(KIN),
    )


def _claims(f: Facts) -> ir.Table:
    """Claims to distributions in a case of the chain, or in another case of a debtor, beside the episode."""
    own = f.claims.join(f.episodes.select("episode", "chain"), "chain")
    other = f.other_cases.select("episode", "party_rid", other_case="other_case")
    other = f.claims.join(other, f.claims.case_no == other.other_case).drop("other_case")
    own = own.mutate(party_rid=no_amount())
    both = own.union(other.select(own.columns))
    return first_per_key(both, ("episode", "rid"), both.party_rid.notnull(), both.party_rid)


@family.clue("E08", kind="finding", channel="A", needs=Needs(("COURT", "KIN")))
@feature("E08_n", "近亲属等异常参与分配的债权数", "count")
@feature("E08_share", "近亲属等债权占可分配款之比", "max", "part", cap=5.0, unit="比")
@feature("E08_got", "近亲属等分得款占可分配款之比", "max", "got", cap=5.0, unit="比")
@debt_ratio("E08_ratio", "近亲属等异常参与分配金额/未履行额")
@feature("E08_late", "分配方案作出前夕申请的近亲属等债权数", "count", where="late")
def insiders_share(f: Facts) -> ir.Table:
    """Claims of kin, staff or insiders that together take much of what is shared out, or came on the last day."""
    tie = _near(f)
    claim = _claims(f)
    claim = claim.join(tie, [claim.episode == tie.near_in, claim.claimant == tie.near])
    group = [claim.episode, claim.distribution_no]
    claim = claim.mutate(
        together=claim.claim_amount.sum().over(group_by=group), given=claim.allocated.sum().over(group_by=group)
    )
    large = ibis.coalesce(claim.together * 100 > claim.proceeds * f.threshold("E08-SHARE"), False)
    before = claim.plan_date.delta(claim.applied_on, unit="day")
    late = ibis.coalesce((before >= 0) & (before <= f.threshold("E08-LAST")), False)
    whole = claim.proceeds.nullif(0)
    claim = claim.mutate(late=late, part=claim.together / whole, got=claim.given / whole).filter(large | late)
    return clue_rows(
        claim,
        "late",
        "part",
        "got",
        day="applied_on",
        amount="claim_amount",
        who=ibis.coalesce(claim.claimant_name, claim.near_name, claim.claimant),
        note=text(
            claim.distribution_no,
            "，",
            claim.rel.substitute(TIES),
            "，",
            ibis.coalesce("合占可分配款的" + (claim.part * 100).floor().cast("int64").cast("string") + "%", "占比不明"),
            ibis.ifelse(claim.late, "，方案作出前" + before.cast("string") + "天申请", ""),
        ),
        src=("rid", "tie_rid", "party_rid"),
    )


@family.clue("M15A", kind="finding", channel="A", needs=Needs(("COURT",)))
@feature("M15A_n", "原被告代理人相同的诉讼件数", "count")
def one_lawyer_for_both(f: Facts) -> ir.Table:
    """Suits against a debtor in which one name stands as lawyer of both sides."""
    suit = f.suits.filter(f.suits.shared_lawyer.notnull())
    return clue_rows(
        suit,
        day="suit_date",
        who=ibis.coalesce(suit.plaintiff, suit.suit_no),
        note=text(suit.suit_no, ibis.ifelse(suit.own, "（本案执行依据）", ""), "，代理人", suit.shared_lawyer),
    )


@family.clue("M15B", kind="finding", channel="A", needs=Needs(("COURT", "TX"), since="t_srv"))
@feature("M15B_n", "未见款项交付的借贷诉讼件数", "count")
@debt_ratio("M15B_ratio", "未见款项交付的借贷诉讼金额/未履行额")
def loan_never_came(f: Facts) -> ir.Table:
    """Loan suits since service of people near, or settled at once, whose money the debtor's statements do not show.

    Only where the statements of the debtor sued span the alleged day on both sides and no account is known to be
    missing. Cash paid in, and receipts that name nobody who can be identified, count as the loan.
    """
    suit = _suits(f).filter(lambda t: t.cause.re_search(LOAN), lambda t: t.tie_rid.notnull() | t.quick)
    suit = suit.filter(suit.debt_date.notnull(), suit.plaintiff.notnull())
    days = ibis.interval(days=f.threshold("M15B-DAYS"))
    spanned = f.txns.group_by("person").agg(seen_from=f.txns.day.min(), seen_to=f.txns.day.max())
    suit = suit.join(spanned, "person")
    suit = suit.filter(suit.seen_from <= suit.debt_date - days, suit.seen_to >= suit.debt_date + days)
    short = f.coverage.filter(f.coverage.source == "TX", f.coverage.accounts_returned < f.coverage.accounts_known)
    suit = suit.anti_join(short, "episode")
    got = f.txns.filter(f.txns.sign > 0, f.txns.external | f.txns.cash)
    got = got.select("cp_id", "cp_plain", "cp_kind", "cash", "day", "amount", to="person", got_rid="rid")
    got = got.rename(got="amount", got_on="day")
    pairs = suit.select("episode", "suit_no", "person", "plaintiff", "near_name", "debt_date")
    pairs = pairs.join(
        got,
        [pairs.person == got.to, got.got_on >= pairs.debt_date - days, got.got_on <= pairs.debt_date + days],
    )
    unnamed = pairs.cp_id.isnull() & pairs.near_name.isnull() & pairs.cp_kind.isin(["person", "kin", "unknown"])
    by_name = pairs.cp_id.isnull() & (pairs.cp_plain == pairs.near_name)
    his = ibis.coalesce(pairs.cp_id == pairs.plaintiff, False) | ibis.coalesce(by_name, False)
    pairs = pairs.filter(his | ibis.coalesce(unnamed, False) | pairs.cash)
    came = pairs.group_by("episode", "suit_no").agg(came=pairs.got.sum(), came_rids=pairs.got_rid.collect().sort())
    suit = left_joined(suit, came, "episode", "suit_no")
    suit = suit.mutate(came=ibis.coalesce(suit.came, 0))
    suit = suit.filter(ibis.coalesce(suit.came * 100 < suit.amount * f.threshold("M15B-SHARE"), suit.came == 0))
    asked = f.coverage.filter(f.coverage.source == "TX").select("episode", "answered_on", asked_rid="rid")
    suit = suit.join(asked, "episode")
    return clue_rows(
        suit,
        day="suit_date",
        who=ibis.coalesce(suit.near_name, suit.plaintiff),
        note=text(
            suit.suit_no,
            "，所称出借日",
            suit.debt_date,
            "；检索银行流水（",
            suit.seen_from,
            "至",
            suit.seen_to,
            "，末次交接",
            suit.answered_on,
            "），前后",
            ibis.literal(str(f.threshold("M15B-DAYS"))),
            "天内可能的交付",
            whole_yuan(suit.came),
            "元",
        ),
        src=row_ids(suit.rid, suit.tie_rid, suit.asked_rid).concat(rids_or_none(suit.came_rids)),
    )


@family.clue("M15C", kind="finding", channel="A", needs=Needs(("COURT", "KIN"), since="t_srv"))
@feature("M15C_n", "集中主张劳动报酬的关联人员数", "nunique", "hand")
@debt_ratio("M15C_ratio", "集中主张劳动报酬的金额/未履行额")
def wages_en_bloc(f: Facts) -> ir.Table:
    """Suits and claims for wages since service, within days of each other, by people tied to the debtor.

    Several people are needed, and kin or managers among them.
    """
    suit = _suits(f).filter(lambda t: t.cause.re_search(LABOUR), lambda t: t.tie_rid.notnull())
    suit = suit.select(
        "episode", "amount", "near_name", "rel", "tie_rid", "inner", "rid", hand="plaintiff", day="suit_date"
    )
    tie = _near(f)
    claim = _claims(f).filter(lambda t: t.kind == "wage").join(f.anchors.select("episode", "t_srv"), "episode")
    claim = claim.filter(claim.applied_on >= claim.t_srv)
    claim = claim.join(tie, [claim.episode == tie.near_in, claim.claimant == tie.near])
    kept = ("episode", "near_name", "rel", "tie_rid", "inner", "rid")
    claim = claim.select(
        *kept,
        hand="claimant",
        day="applied_on",
        amount="claim_amount",
    )
    both = suit.union(claim.select(suit.columns))
    both = first_per_key(both, ("episode", "hand"), both.day, both.rid)
    both = both.mutate(number=both.day.delta(ibis.date(2000, 1, 1), unit="day"), inside=both.inner.cast("int64"))
    span = f.threshold("M15C-DAYS")
    past = ibis.range_window(preceding=span, following=0, group_by=both.episode, order_by=both.number)
    ends = both.mutate(n=both.count().over(past), inners=both.inside.sum().over(past))
    dense = (ends.n >= f.threshold("M15C-LEAST")) & (ends.inners >= 1)
    ends = ends.mutate(dense=dense.cast("int64"))
    ahead = ibis.range_window(preceding=0, following=span, group_by=ends.episode, order_by=ends.number)
    found = ends.mutate(hit=ends.dense.max().over(ahead)).filter(lambda t: t.hit == 1)
    return clue_rows(
        found,
        "hand",
        who=ibis.coalesce(found.near_name, found.hand),
        note=found.rel.substitute(TIES),
        src=("rid", "tie_rid"),
    )


def _sign_note(sign: ir.Table) -> ir.Value:
    return text("【", sign.part.substitute(PARTS), "】", sign.kind)


@family.clue("M19A", kind="finding", channel="A", needs=Needs(("CLOG",), since="t_srv"))
@feature("M19A_kinds", "拒不履行线索的种类数", "nunique", "kind")
@debt_ratio("M19A_acts", "送达后转移处分金额/未履行额", where="act")
@feature("M19A_after", "裁判生效后的转移处分项数", "count", where="late")
def refusal_in_parts(f: Facts) -> ir.Table:
    """All signs of episodes that show an act since service, an ability to pay and a refusal, each by its own row.

    Refusal: a report that is missing or false, a sanction, a transfer since the judgment took effect; a breach of the
    limit beside a transfer, or a transfer or report beside a breach.
    """
    sign = _signs(f)
    part = sign.part
    whole = sign.group_by("episode").agg(
        transfers=(part == TRANSFER).sum(),
        breaches=(part == BREACH).sum(),
        able=(part == ABILITY).any(),
        refused=part.isin([REPORT, SANCTION]).any(),
        late=sign.late.any(),
    )
    moved = (whole.transfers > 0) & (whole.refused | whole.late | (whole.breaches > 0))
    whole = whole.filter(whole.able, moved | ((whole.breaches > 0) & whole.refused))
    sign = sign.semi_join(whole, "episode")
    return sign.select(
        "episode", "day", "amount", "who", "kind", "src", "late", note=_sign_note(sign), act=sign.part == TRANSFER
    )


def _signs(f: Facts) -> ir.Table:
    """Signs of episodes the court's log reaches and whose debt is not known to be paid; late: after the effect."""
    sign = f.refusal_signs.semi_join(f.court_reach.filter(f.court_reach.log_on.notnull()), "episode")
    sign = sign.anti_join(f.settled, "episode").join(f.anchors.select("episode", "t_eff", "t_srv"), "episode")
    sign = sign.filter(sign.t_srv.notnull())
    return sign.mutate(late=ibis.coalesce((sign.part == TRANSFER) & (sign.day >= sign.t_eff), False))


@family.clue("M19B", kind="finding", channel="A", needs=Needs(("CLOG",)))
@feature("M19B_n", "罚款拘留后仍转移财产、拒报或违反限制消费次数", "count", cap=50.0)
@debt_ratio("M19B_moved", "罚款拘留后转移处分金额/未履行额", where="act")
def refused_after_sanction(f: Facts) -> ir.Table:
    """Transfers, breaches and reports missing or false later than the first fine or detention of the chain."""
    sign = _signs(f)
    fined = f.refusal_signs.filter(f.refusal_signs.part == SANCTION)
    fined = first_per_key(fined, ("episode",), fined.day, fined.src[0])
    fined = fined.select("episode", fined_on="day", fined_kind="kind", fined_src="src")
    met = sign.filter(sign.part.isin([TRANSFER, BREACH, REPORT])).join(fined, "episode")
    met = met.filter(met.until > met.fined_on)
    return clue_rows(
        met,
        day="until",
        who="who",
        note=text(_sign_note(met), "（", met.fined_on, met.fined_kind, "之后）"),
        src=met.src.concat(met.fined_src).unique(),
        act=met.part == TRANSFER,
    )
