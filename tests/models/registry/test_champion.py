"""The champion: two people who did not train it, on evidence nobody changed; a refusal stands in the chain."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from made_ledger import AS_OF, write_run
from made_registry import enrol, gate, models, promoted, register_all
from sqlalchemy import text

import cli
from features.errors import GoldenKeyError
from models.audit.replay_model import replay_model, restore_model
from models.audit.verify import verify
from models.database.engine import reading, writing
from models.ledger.actors import AccessError
from models.ledger.ledger import Ledger
from models.registry import aliases, champion, registry, reports
from models.registry.approver_identity import os_user
from models.registry.promotion import PromotionError, promote, reconcile, record_training, rollback, write_gate_report
from models.scoring.head import ModelFault


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A home with three registered models, all trained by 训练员; the first is in use provisionally."""
    home = tmp_path_factory.mktemp("champion") / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("GOLDENKEY_DATABASE", raising=False)
        versions = register_all(home)
        with Ledger(home) as ledger:
            enrol(ledger)
    return home, versions


@pytest.fixture
def ledger(made: tuple[Path, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ledger]:
    monkeypatch.delenv("GOLDENKEY_DATABASE", raising=False)
    home = tmp_path / "home"
    shutil.copytree(made[0], home)
    with Ledger(home) as opened:
        yield opened


@pytest.fixture
def versions(made: tuple[Path, list[str]]) -> list[str]:
    return made[1]


def acts(ledger: Ledger, act: str) -> list[dict[str, Any]]:
    with reading(ledger.engine) as connection:
        found = connection.execute(text("SELECT payload FROM audit WHERE act = :act ORDER BY seq"), {"act": act})
        return [json.loads(row) for row in found.scalars()]


def alias(home: Path) -> str | None:
    return aliases.read_aliases(home).alias


def move_alias(home: Path, number: str) -> None:
    with registry.mlflow_silenced():
        client, _ = registry.mlflow_client(home)
        client.set_registered_model_alias(registry.NAME, "champion", number)


def assert_promoted_by(ledger: Ledger, version: str, first: str, second: str) -> None:
    """One approval does not promote, the second does."""
    assert promote(ledger, version, first).tenure is None
    assert promote(ledger, version, second).tenure is not None
    assert verify(ledger).sound


def test_two_people_promote_and_every_record_agrees(ledger: Ledger, versions: list[str]) -> None:
    gate(ledger, versions[1])
    first = promote(ledger, versions[1], "甲", note="同意")
    assert first.tenure is None
    assert registry.current_version(ledger.home) == versions[0]
    second = promote(ledger, versions[1], "乙")
    assert second.tenure is not None
    assert (second.tenure.first_by, second.tenure.second_by, second.tenure.trained_by) == ("甲", "乙", "训练员")
    assert second.tenure.report_digests == reports.report_digests(ledger.home, versions[1])
    assert second.tenure.gate_sha256 == second.tenure.report_digests["gate"]
    assert registry.current_version(ledger.home) == registry.read_current_file(ledger.home) == versions[1]
    assert alias(ledger.home) == "2"
    assert reconcile(ledger).restored == ()
    assert verify(ledger).sound


def test_a_home_without_a_promotion_says_so(ledger: Ledger, versions: list[str]) -> None:
    now = reconcile(ledger)
    assert (now.version, now.tenure) == (versions[0], None)
    assert "未经准入检验和批准" in now.note
    assert acts(ledger, "model.train")[0]["provisional"] is True


def test_training_changes_nothing_once_there_is_a_champion(ledger: Ledger, versions: list[str]) -> None:
    promoted(ledger, versions[1])
    assert not record_training(ledger, models()[2], "丙", provisional=True)
    assert registry.current_version(ledger.home) == registry.read_current_file(ledger.home) == versions[1]


@pytest.mark.parametrize(
    ("by", "found"),
    [
        ("训练员", "训练者不能批准"),
        ("无名", "名册中没有"),
        ("夜间服务", "不是自然人"),
        ("system", "不是自然人"),
        ("甲", "须由另一人"),
    ],
)
def test_who_may_not_approve(ledger: Ledger, versions: list[str], by: str, found: str) -> None:
    gate(ledger, versions[1])
    promote(ledger, versions[1], "甲")
    with pytest.raises(PromotionError, match=found):
        promote(ledger, versions[1], by)
    (row,) = acts(ledger, "promote.refused")
    assert row["by"] == by
    assert found in row["sentence"]
    assert champion.find_champion(ledger.home) is None
    assert registry.current_version(ledger.home) == versions[0]
    assert verify(ledger).sound


def test_an_approver_disabled_in_the_meantime_does_not_count(ledger: Ledger, versions: list[str]) -> None:
    gate(ledger, versions[1])
    promote(ledger, versions[1], "甲")
    ledger.set_active("甲", False, "system")
    with pytest.raises(PromotionError, match="已停用"):
        promote(ledger, versions[1], "甲")
    assert_promoted_by(ledger, versions[1], "乙", "丙")


def test_training_it_again_makes_an_approver_a_trainer(ledger: Ledger, versions: list[str]) -> None:
    gate(ledger, versions[1])
    promote(ledger, versions[1], "甲")
    record_training(ledger, models()[1], "甲", provisional=False)
    assert promote(ledger, versions[1], "乙").tenure is None


@pytest.mark.parametrize(("answer", "found"), [("fail", "未通过"), ("not enough evidence", "证据不足")])
def test_a_gate_that_did_not_pass(ledger: Ledger, versions: list[str], answer: str, found: str) -> None:
    gate(ledger, versions[1], answer)
    with pytest.raises(PromotionError, match=found):
        promote(ledger, versions[1], "甲")
    assert [row["by"] for row in acts(ledger, "promote.refused")] == ["甲"]


def test_lacking_evidence_needs_a_reason_of_both_and_a_failure_none_helps(ledger: Ledger, versions: list[str]) -> None:
    gate(ledger, versions[1], "not enough evidence")
    promote(ledger, versions[1], "甲", despite_evidence="样本尚少")
    with pytest.raises(PromotionError, match="证据不足"):
        promote(ledger, versions[1], "乙")
    tenure = promote(ledger, versions[1], "乙", despite_evidence="旧模型列名已失效").tenure
    assert tenure is not None
    assert tenure.reason == "甲：样本尚少；乙：旧模型列名已失效"
    gate(ledger, versions[2], "fail", versions[1])
    with pytest.raises(PromotionError, match="未通过"):
        promote(ledger, versions[2], "甲", despite_evidence="仍要启用")


def test_no_gate_and_no_model_are_refused(ledger: Ledger, versions: list[str]) -> None:
    for version, found in ((versions[1], "没有准入检验"), ("20240331-000000000000", "没有登记过")):
        with pytest.raises(PromotionError, match=found):
            promote(ledger, version, "甲")


def test_a_forged_gate_report_is_refused(ledger: Ledger, versions: list[str]) -> None:
    gate(ledger, versions[1], "fail")
    reports.write_report(ledger.home, versions[1], "gate", {"answer": "pass", "champion": None, "checks": []})
    with pytest.raises(PromotionError, match="被改动"):
        promote(ledger, versions[1], "甲")


def test_a_gate_passed_anew_between_the_approvals_voids_the_first(ledger: Ledger, versions: list[str]) -> None:
    gate(ledger, versions[1])
    promote(ledger, versions[1], "甲")
    write_gate_report(ledger, versions[1], {"answer": "pass", "champion": None, "checks": ["other"]}, "训练员")
    with pytest.raises(PromotionError, match="作废"):
        promote(ledger, versions[1], "乙")
    assert_promoted_by(ledger, versions[1], "乙", "甲")


def test_a_gate_against_another_champion_is_refused(ledger: Ledger, versions: list[str]) -> None:
    gate(ledger, versions[2])
    promoted(ledger, versions[1])
    with pytest.raises(PromotionError, match="重新运行 retrain"):
        promote(ledger, versions[2], "甲")


def test_a_changed_model_folder_is_refused(ledger: Ledger, versions: list[str]) -> None:
    gate(ledger, versions[1])
    path = ledger.home / "models" / versions[1] / "model.json"
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(ModelFault, match="已被改动"):
        promote(ledger, versions[1], "甲")
    assert "已被改动" in acts(ledger, "promote.refused")[0]["sentence"]


def test_an_alias_moved_outside_the_ledger_is_restored_and_recorded(ledger: Ledger, versions: list[str]) -> None:
    promoted(ledger, versions[1])
    move_alias(ledger.home, "3")
    registry.set_current(ledger.home, versions[2])
    assert registry.current_version(ledger.home) == versions[1]
    restored = reconcile(ledger).restored
    assert len(restored) == 2
    assert all(versions[2] in sentence and versions[1] in sentence for sentence in restored)
    assert (alias(ledger.home), registry.read_current_file(ledger.home)) == ("2", versions[1])
    (row,) = acts(ledger, "champion.alias_restored")
    assert row == {"alias": "3", "current": versions[2], "mlflow_version": "2"}
    assert reconcile(ledger).restored == ()


def test_an_alias_set_before_the_first_promotion_is_removed(ledger: Ledger) -> None:
    move_alias(ledger.home, "3")
    assert len(reconcile(ledger).restored) == 1
    assert alias(ledger.home) is None
    assert len(acts(ledger, "champion.alias_restored")) == 1


def test_tenures_on_a_day(ledger: Ledger, versions: list[str]) -> None:
    promoted(ledger, versions[1])
    promoted(ledger, versions[2], versions[1])
    with reading(ledger.engine) as connection:
        tenures = champion.tenures(connection)
    assert [one.version for one in champion.tenures_on_day(tenures, date.today())] == versions[1:]
    assert champion.tenures_on_day(tenures, date.today() - timedelta(days=2)) == ()
    assert [one.version for one in champion.tenures_on_day(tenures, date.today() + timedelta(days=2))] == [versions[2]]
    assert tenures[1].replaced == versions[1]


def test_the_command_names_the_model_that_scored_a_day_approved_or_not(
    ledger: Ledger, versions: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    first = write_run(ledger, model=versions[0])
    promoted(ledger, versions[1])
    second = write_run(ledger, model=versions[1])
    said = ["champion", "--home", str(ledger.home), "--format", "json", "--on"]
    for day in (date.today(), AS_OF):
        assert cli.main([*said, str(day)]) == 0
        found = json.loads(capsys.readouterr().out)["scored"]
        assert [(one["run_id"], one["version"], one["approved"]) for one in found] == [
            (first.run_id, versions[0], False),
            (second.run_id, versions[1], True),
        ]
    assert cli.main([*said, str(AS_OF - timedelta(days=1))]) == 0
    assert json.loads(capsys.readouterr().out)["scored"] == []
    assert cli.main([*said, str(date.today() + timedelta(days=1))]) == 2
    assert "在将来" in capsys.readouterr().err


def test_rollback_is_one_command_and_never_brings_back_what_was_rolled_back(
    ledger: Ledger, versions: list[str]
) -> None:
    promoted(ledger, versions[1])
    promoted(ledger, versions[2], versions[1])
    made = rollback(ledger, "丙", "线索命中骤降")
    assert (made.version, made.replaced, made.first_by, made.second_by) == (versions[1], versions[2], "丙", None)
    assert registry.current_version(ledger.home) == registry.read_current_file(ledger.home) == versions[1]
    assert alias(ledger.home) == "2"
    with pytest.raises(PromotionError, match="无法回退"):
        rollback(ledger, "丙", "再退一步")
    assert len(acts(ledger, "rollback.refused")) == 1
    assert verify(ledger).sound


def test_rollback_needs_a_person_and_a_reason(ledger: Ledger, versions: list[str]) -> None:
    promoted(ledger, versions[1])
    promoted(ledger, versions[2], versions[1])
    for by, reason in (("system", "试"), ("丙", "  ")):
        with pytest.raises(PromotionError):
            rollback(ledger, by, reason)
    assert registry.current_version(ledger.home) == versions[2]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE champions SET second_by = '丙'",
        "UPDATE champions SET version = 'another'",
        "UPDATE champions SET until = '2024-01-01T00:00:00+00:00'",
        "DELETE FROM champions",
        "UPDATE approvals SET state = 'open'",
        "UPDATE approvals SET actor = '丙' WHERE number = 1",
        "DELETE FROM approvals",
    ],
)
def test_rows_changed_outside_the_ledger_are_detected(ledger: Ledger, versions: list[str], statement: str) -> None:
    promoted(ledger, versions[1])
    assert verify(ledger).sound
    with writing(ledger.engine) as connection:
        connection.execute(text(statement))
    assert not verify(ledger).sound


def test_an_inserted_row_is_detected(ledger: Ledger, versions: list[str]) -> None:
    promoted(ledger, versions[1])
    copy = (
        "INSERT INTO champions SELECT 2, version, why, since, until, trained_by, first_by, first_at, second_by, "
        "second_at, gate_answer, gate_sha256, papers_json, files_sha256, replaced, reason FROM champions"
    )
    with writing(ledger.engine) as connection:
        connection.execute(text(copy))
    assert [problem.seq for problem in verify(ledger).problems] == [None]


def test_a_promotion_is_replayed_from_the_registry_byte_for_byte(ledger: Ledger, versions: list[str]) -> None:
    promoted(ledger, versions[1])
    found = replay_model(ledger, versions[1])
    assert found.same
    assert found.fetched_version == versions[1]
    assert found.approved == (found.fetched_digest,)
    files = models()[1].files()
    with aliases.downloaded_model(ledger.home, versions[1]) as folder:
        assert {name: (folder / name).read_bytes() for name in files} == files
    path = ledger.home / "models" / versions[1] / "model.json"
    path.write_bytes(path.read_bytes() + b" ")
    (problem,) = replay_model(ledger, versions[1]).differences
    assert "model.json" in problem


def test_a_damaged_folder_comes_back_from_the_registry(
    ledger: Ledger, versions: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    promoted(ledger, versions[1])
    folder, said = ledger.home / "models" / versions[1], ["champion", "--home", str(ledger.home), "--restore"]
    whole = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert cli.main([*said, versions[1]]) == 0
    assert "无须恢复" in capsys.readouterr().out
    (folder / "model.json").write_bytes(whole["model.json"] + b" ")
    with pytest.raises(ModelFault, match=r"champion --restore"):
        registry.load(ledger.home, versions[1])
    assert cli.main([*said, versions[1]]) == 0
    assert "已从登记处恢复（model.json）" in capsys.readouterr().out
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == whole
    registry.load(ledger.home, versions[1])
    (row,) = acts(ledger, "model.restore")
    aside = ledger.home / "models" / ".damaged" / row["aside"] / "model.json"
    assert aside.read_bytes() == whole["model.json"] + b" "
    shutil.rmtree(folder)
    assert cli.main([*said, versions[1]]) == 0
    assert replay_model(ledger, versions[1]).same
    assert verify(ledger).sound


def test_a_registry_that_is_damaged_too_restores_nothing(ledger: Ledger, versions: list[str]) -> None:
    (held,) = ledger.home.glob(f"mlruns/**/{versions[1]}/model.json")
    held.write_bytes(held.read_bytes() + b" ")
    with pytest.raises(GoldenKeyError, match="也已损坏"):
        restore_model(ledger, versions[1], "甲")
    registry.load(ledger.home, versions[1])
    assert acts(ledger, "model.restore") == []


def test_the_commands_report_it(ledger: Ledger, versions: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    gate(ledger, versions[1])
    home = ["--home", str(ledger.home)]
    for name in ("甲", "乙"):
        assert cli.main(["promote", versions[1], "--by", name, *home]) == 0
    assert "现为在用模型" in capsys.readouterr().out
    assert cli.main(["champion", "--on", str(date.today()), "--format", "json", *home]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["in_use"], found["provisional"]) == (versions[1], False)
    assert [one["second_by"] for one in found["history"]] == ["乙"]
    assert cli.main(["champion", *home]) == 0
    assert versions[1] in capsys.readouterr().out
    assert cli.main(["champion", "--replay", versions[1], *home]) == 0
    assert "逐字节一致" in capsys.readouterr().out
    assert cli.main(["rollback", "--by", "甲", "--reason", "试", *home]) == 2
    assert "无法回退" in capsys.readouterr().err


def test_asking_for_the_model_in_use_imports_no_mlflow_and_makes_no_database(
    ledger: Ledger, versions: list[str], tmp_path: Path
) -> None:
    promoted(ledger, versions[1])
    empty = tmp_path / "empty"
    empty.mkdir()
    code = (
        "import sys; from pathlib import Path; from models.ledger.ledger import Ledger\n"
        "from models.registry import registry\n"
        "from models.registry.promotion import reconcile; from features.errors import NotFoundError\n"
        "print(reconcile(Ledger(Path(sys.argv[1]))).version)\n"
        "try: registry.current_version(Path(sys.argv[2]))\n"
        "except NotFoundError: print('mlflow' in sys.modules, len(list(Path(sys.argv[2]).iterdir())))"
    )
    done = subprocess.run([sys.executable, "-c", code, ledger.home, empty], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [versions[1], "False", "0"]


def shown(ledger: Ledger, name: str) -> str:
    return ledger.issue_token(name, "system")


def test_whoever_was_given_a_token_proves_with_it_to_be_that_person(ledger: Ledger, versions: list[str]) -> None:
    gate(ledger, versions[1])
    own, others = shown(ledger, "甲"), shown(ledger, "乙")
    for token, found in (("", "须用 --token-file"), (others, "不是“甲”的"), ("gk_x", "无效")):
        with pytest.raises(AccessError, match=found):
            promote(ledger, versions[1], "甲", token=token)
    assert [row["by"] for row in acts(ledger, "promote.refused")] == ["甲"] * 3
    assert promote(ledger, versions[1], "甲", token=own).tenure is None
    done = promote(ledger, versions[1], "乙", token=others)
    assert done.tenure is not None
    assert done.warning == ""
    proofs = [row["proof"] for row in acts(ledger, "promote.approve")]
    assert [proof["token"] for proof in proofs] == [
        hashlib.sha256(each.encode()).hexdigest()[:12] for each in (own, others)
    ]
    assert {proof["os_user"] for proof in proofs} == {os_user()}
    assert "warning" not in acts(ledger, "champion.promotion")[0]
    ledger.revoke_token(hashlib.sha256(own.encode()).hexdigest()[:8], "system")
    with pytest.raises(AccessError, match="须用 --token-file"):
        rollback(ledger, "甲", "命中骤降")
    assert len(acts(ledger, "rollback.refused")) == 1
    assert verify(ledger).sound


def test_two_names_typed_under_one_account_promote_with_a_warning_written_down(
    ledger: Ledger, versions: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    done = promoted(ledger, versions[1])
    assert "甲、乙未以令牌证明本人" in done.warning
    assert os_user() in done.warning
    assert acts(ledger, "champion.promotion")[0]["warning"] == done.warning
    assert verify(ledger).sound
    assert cli.main(["champion", "--home", str(ledger.home)]) == 0
    assert done.warning in capsys.readouterr().out.replace("\n", "")


def test_two_accounts_need_no_warning_but_where_one_of_them_trained(
    ledger: Ledger, versions: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def approve(version: str, against: str | None, *under: str) -> str:
        gate(ledger, version, against=against)
        for by, account in zip(("甲", "乙"), under, strict=True):
            monkeypatch.setattr("models.registry.approver_identity.os_user", lambda account=account: account)
            done = promote(ledger, version, by)
        return done.warning

    assert approve(versions[1], None, "zhang", "li") == ""
    assert "也是训练时" in approve(versions[2], versions[1], "zhang", os_user())


def test_a_token_is_read_from_a_file_or_from_standard_input(
    ledger: Ledger, versions: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate(ledger, versions[1])
    path = tmp_path / "token"
    path.write_text(shown(ledger, "甲") + "\n", encoding="utf-8")
    said = ["promote", versions[1], "--home", str(ledger.home), "--by"]
    assert cli.main([*said, "甲"]) == 2
    assert cli.main([*said, "甲", "--token-file", str(path)]) == 0
    monkeypatch.setattr("sys.stdin", io.StringIO(shown(ledger, "乙") + "\n"))
    assert cli.main([*said, "乙", "--token-file", "-"]) == 0
    assert registry.current_version(ledger.home) == versions[1]
    path.write_text(" \n", encoding="utf-8")
    assert (
        cli.main(["rollback", "--home", str(ledger.home), "--by", "甲", "--reason", "试", "--token-file", str(path)])
        == 2
    )
