"""A foreign transfer network linked whole and walked: no money made or lost, cycles found."""

from __future__ import annotations

from pathlib import Path

import pytest

from evaluation.bench.links import count_traced, load_network, trace_network
from features.errors import GoldenKeyError
from features.facts.money.transfers import Workbench

AMLSIM = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "amlsim"


def written(folder: Path) -> Path:
    """Node 1 is marked; its money goes round by 2 and 3, half of it; node 9 keeps the rest."""
    (folder / "nodes.csv").write_text("nodeid,isFraud,init_balance,fraudStep\n1,1,0,1\n2,0,0,-1\n3,0,0,-1\n9,0,0,-1\n")
    moves = ["1,2,100.5,1", "2,3,50.25,2", "2,9,50.25,2", "3,1,50.25,3"]
    (folder / "transactions.csv").write_text("\n".join(["sourceNodeId,targetNodeId,value,time", *moves]) + "\n")
    return folder


def test_a_cycle_is_walked_back_to_its_start(tmp_path: Path) -> None:
    bench = Workbench(threads=1)
    made = trace_network(bench, written(tmp_path))
    flows = made["flows"].to_pyarrow().to_pylist()
    ends = sorted((row["hop"], row["end"], row["amount"]) for row in flows if row["end"])
    assert ends == [(3, "left", 5025), (3, "returned", 5025)]
    bench.con.disconnect()
    assert count_traced(tmp_path) == {"rows": 8, "starts": 1, "pairs": 4, "flows": 5, "returned": 1, "nodes": 1}


def test_a_folder_without_the_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GoldenKeyError, match=r"没有 nodes\.csv"):
        load_network(Workbench(threads=1), tmp_path)


@pytest.mark.skipif(not AMLSIM.exists(), reason="../shared/data/amlsim 不在本机")
def test_amlsim_is_linked_and_walked_from_every_marked_node() -> None:
    bench = Workbench()
    made = trace_network(bench, AMLSIM)

    def number(query: str) -> int:
        return int(bench.con.con.execute(query).fetchone()[0])

    assert made["nodes"] == 945
    rows, links = "network_rows", "links"
    for sign, side in ((1, "in_rid"), (-1, "out_rid")):
        whole = f"SELECT sum(amount) FROM {rows} WHERE sign = {sign}"
        assert number(f"SELECT sum(amount) FROM {links} WHERE {side} IS NOT NULL") == number(whole)
    back = f"SELECT count(*) FROM {links} JOIN {rows} i ON i.rid = in_rid JOIN {rows} o ON o.rid = out_rid"
    assert number(f"{back} WHERE (o.ts, o.rid) < (i.ts, i.rid)") == 0
    begun = f"SELECT sum(amount) FROM {rows} SEMI JOIN network_starts ON rid = start_rid"
    assert number('SELECT sum(amount) FROM flows WHERE "end" IS NOT NULL') == number(begun)
    on = 'SELECT start_rid, hop + 1 AS hop, rid, sum(amount) AS fen FROM flows WHERE "end" IS NULL GROUP BY ALL'
    next_hop = "SELECT start_rid, hop, parent_rid, sum(amount) FROM flows WHERE hop > 1 GROUP BY ALL"
    assert number(f"SELECT count(*) FROM (({on}) EXCEPT ({next_hop}))") == 0
    assert number("SELECT count(*) FROM flows WHERE \"end\" = 'returned'") > 0
    bench.con.disconnect()
