"""Draw the counterparties of account movements: people, own accounts, employers, shops, platforms, authorities.

They form one list (name, account number, id number, bank); movements refer to it by row number.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evaluation.world.base import identifiers as ids
from evaluation.world.base.chance import Array, choice, random_stream, repeat_text
from evaluation.world.population.banking import ACCOUNTS, BANKS, Accounts
from evaluation.world.population.people import DEBTOR, SLOTS, People

_SHOPS = [
    "便利店",
    "超市",
    "菜市场",
    "小吃店",
    "面馆",
    "药房",
    "水果店",
    "服装店",
    "五金店",
    "理发店",
    "快餐店",
    "母婴店",
    "加油站",
    "网店",
]
_FIXED = (
    "财付通支付科技有限公司",
    "支付宝（中国）网络技术有限公司",
    "浙东电力公司",
    "浙东水务公司",
    "浙东通信公司",
    "安居物业服务公司",
    "浙东人寿保险公司",
    "浙东商业银行贷款户",
    "浙东市第一医院",
    "浙东市实验学校",
    "浙东汽车销售服务有限公司",
    "浙东粮食收储公司",
    "浙东农资公司",
    "农业补贴专户",
    "法院执行款专户",
    "法院划拨专户",
    "银行结息",
    "中石油浙东加油站",
    "溪城房地产开发有限公司",
    "浙东证券有限责任公司",
)
(
    WECHAT,
    ALIPAY,
    POWER,
    WATER,
    PHONE,
    ESTATE,
    INSURER,
    LENDER,
    HOSPITAL,
    SCHOOL,
    DEALER,
    GRAIN,
    INPUTS,
    SUBSIDY,
    COURT,
    LEVY,
    INTEREST,
    FUEL,
    DEVELOPER,
    BROKER,
) = range(len(_FIXED))
SHOPS, CUSTOMERS = 160, 420


@dataclass(frozen=True)
class Counterparties:
    """The list of counterparties; its methods return row numbers.

    Attributes:
        name, number, id_no, bank: texts. households: how many households the quarter has.
    """

    name: Array
    number: Array
    id_no: Array
    bank: Array
    households: int

    def person(self, h: Array, slot: Array | int) -> Array:
        """Rows of household members."""
        return np.asarray(h * SLOTS + slot)

    def own(self, h: Array, account: Array | int) -> Array:
        """Rows of the debtors' own accounts."""
        return np.asarray(self.households * SLOTS + h * ACCOUNTS + account)

    def employer(self, h: Array) -> Array:
        """Rows of the debtors' employers."""
        return np.asarray(self.households * (SLOTS + ACCOUNTS) + h)

    def company(self, h: Array) -> Array:
        """Rows in this list of the debtors' own companies; `h` are household numbers."""
        return np.asarray(self.households * (SLOTS + ACCOUNTS + 1) + h)

    def fixed(self, which: int, like: Array) -> Array:
        """Row of a fixed institution (constant of this module), repeated to the length of `like`."""
        return np.full(len(like), self.households * (SLOTS + ACCOUNTS + 2) + which)

    def shop(self, number: Array) -> Array:
        """Rows in this list of shops given by number, from 0 up to below `SHOPS`."""
        return np.asarray(self.households * (SLOTS + ACCOUNTS + 2) + len(_FIXED) + number)

    def customer(self, number: Array) -> Array:
        """Rows in this list of customers, suppliers or landlords given by number, from 0 up to below `CUSTOMERS`."""
        return np.asarray(self.households * (SLOTS + ACCOUNTS + 2) + len(_FIXED) + SHOPS + number)


def _traders(rng: np.random.Generator, quarter: int) -> tuple[Array, Array, Array]:
    """Names of shops; names and numbers of customers and suppliers."""
    town = choice(rng, ["溪东", "湖滨", "山前", "长乐", "新安", "文昌"], None, SHOPS)
    shop = ids.join(town, ids.given_names(rng, SHOPS), choice(rng, _SHOPS, None, SHOPS))
    private = rng.random(CUSTOMERS) < 0.55
    trade = choice(rng, ["商贸", "建设", "物资", "餐饮", "装饰"], None, CUSTOMERS)
    firm = ids.join("浙东", ids.given_names(rng, CUSTOMERS), trade, "有限公司")
    buyer = np.where(private, ids.join(ids.surnames(rng, CUSTOMERS), ids.given_names(rng, CUSTOMERS)), firm)
    birth = rng.integers(-9000, 11_000, CUSTOMERS)
    citizen = ids.citizen_ids(quarter, np.arange(CUSTOMERS) + 48_000, birth, rng.random(CUSTOMERS) < 0.6)
    return shop, buyer, np.where(private, citizen, ids.uscc(quarter, np.arange(CUSTOMERS) + 800_000))


def draw_counterparties(seed: int, quarter: int, people: People, accounts: Accounts) -> Counterparties:
    """Draw all whom the debtors of one quarter may pay or be paid by."""
    rng = random_stream(seed, quarter, "counterparties")
    size = len(people)
    banks = np.asarray(BANKS, dtype=object)
    shop, buyer, buyer_id = _traders(rng, quarter)
    names = [
        people.name.reshape(-1),
        np.repeat(people.name[:, DEBTOR], ACCOUNTS),
        people.employer,
        people.company,
        np.asarray(_FIXED, dtype=object),
        shop,
        buyer,
    ]
    extra = 2 * size + len(_FIXED) + SHOPS + CUSTOMERS
    rest = ids.accounts(quarter, np.full(extra, 11), np.arange(extra) + 6_000_000)
    codes = [
        people.id_no.reshape(-1),
        np.repeat(people.id_no[:, DEBTOR], ACCOUNTS),
        people.employer_id,
        people.company_id,
    ]
    codes += [repeat_text("", len(_FIXED) + SHOPS), buyer_id]
    return Counterparties(
        name=np.concatenate(names).astype(object),
        number=np.concatenate([accounts.person_number.reshape(-1), accounts.card.reshape(-1), rest]),
        id_no=np.concatenate(codes).astype(object),
        bank=np.concatenate(
            [
                banks[accounts.person_bank.reshape(-1)],
                banks[accounts.bank.reshape(-1)],
                banks[np.arange(extra) % len(BANKS)],
            ]
        ),
        households=size,
    )
