"""An office's settings: read, refused in one sentence, packed, sent to another office, installed."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

import cli
from features.clues import catalogue
from features.errors import GoldenKeyError
from features.screening import office_settings
from features.screening.clue_pages import write_docs

SETTINGS = """
[office]
name = "测试县人民检察院"
code = "339901"

[models]
use = ["vehicle_sealing", "fund_flow"]

[clues]
M2C = false
M2A = true

[thresholds]
"B02-PAYMENTS" = 4
"""


def written(folder: Path, text: str = SETTINGS) -> Path:
    path = folder / "office.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_settings_say_which_clues_run_and_with_which_values(tmp_path: Path) -> None:
    settings = office_settings.read_settings(written(tmp_path))
    clues = catalogue.CLUES
    assert settings.office == {"name": "测试县人民检察院", "code": "339901"}
    assert settings.runs(clues["M2A"])
    assert not settings.runs(clues["M2C"])
    assert not settings.runs(clues["T-3M"])
    assert settings.thresholds.changed == {"B02-PAYMENTS": 4}
    assert office_settings.OfficeSettings().runs(clues["T-3M"])


@pytest.mark.parametrize("suffix", [".toml", ".zip"])
def test_a_package_goes_to_another_office_and_comes_out_the_same(tmp_path: Path, suffix: str) -> None:
    settings = office_settings.read_settings(written(tmp_path))
    path = office_settings.export_package(settings, tmp_path / f"office-model{suffix}")
    again, warnings = office_settings.load_package(path)
    assert (again, warnings) == (settings, ())
    office_settings.install_settings(tmp_path / "home", again)
    assert office_settings.installed_settings(tmp_path / "home") == settings
    assert office_settings.export_package(settings, tmp_path / f"twice{suffix}").read_bytes() == path.read_bytes()


def test_without_installed_settings_everything_runs(tmp_path: Path) -> None:
    assert office_settings.installed_settings(tmp_path) == office_settings.OfficeSettings()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[clues]\nX99 = false\n", "没有编号为 X99 的线索"),
        ("[clues]\nM2A = 1\n", "线索 M2A 应为 true 或 false，实为 1"),
        ("[models]\nuse = ['boats']\n", "没有名为 boats 的模型"),
        ("[thresholds]\n'B02-PAYMENTS' = 400\n", "应在 2 至 100 次 之间，实为 400"),
        ("[thresholds]\n'X99-A' = 1\n", "没有编号为 X99-A 的阈值"),
        ("[limits]\na = 1\n", "不认识的项 limits"),
        ("office = 1\n", r"\[office\] 应为一组设置"),
        ("[office\n", "无法读取"),
    ],
)
def test_wrong_settings_are_refused_in_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(GoldenKeyError, match=sentence) as error:
        office_settings.read_settings(written(tmp_path, text))
    assert str(error.value).count("。") == 1


def test_all_mistakes_are_reported_together(tmp_path: Path) -> None:
    with pytest.raises(GoldenKeyError, match=r"X98.*X99"):
        office_settings.read_settings(written(tmp_path, "[clues]\nX98 = false\nX99 = false\n"))


def test_an_altered_package_is_refused(tmp_path: Path) -> None:
    path = office_settings.export_package(office_settings.read_settings(written(tmp_path)), tmp_path / "p.toml")
    path.write_text(path.read_text(encoding="utf-8").replace('"B02-PAYMENTS" = 4', '"B02-PAYMENTS" = 5'), "utf-8")
    with pytest.raises(GoldenKeyError, match="校验值不符"):
        office_settings.load_package(path)


def test_settings_that_are_no_package_are_not_loaded_as_one(tmp_path: Path) -> None:
    with pytest.raises(GoldenKeyError, match="不是模型包"):
        office_settings.load_package(written(tmp_path))
    (tmp_path / "p.zip").write_bytes(b"PK")
    with pytest.raises(GoldenKeyError, match="无法读取"):
        office_settings.load_package(tmp_path / "p.zip")


def test_another_catalogue_is_a_warning_that_names_the_clues(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = office_settings.read_settings(written(tmp_path))
    with monkeypatch.context() as elsewhere:
        own = dict(_versions())
        own["M2A"] = "0" * 12
        del own["T-3M"]
        own["OLD1"] = "1" * 12
        elsewhere.setattr("features.screening.office_settings.clue_versions", lambda: own)
        elsewhere.setattr(catalogue, "VERSION", "abcdefabcdef")
        path = office_settings.export_package(settings, tmp_path / "p.zip")
    again, warnings = office_settings.load_package(path)
    assert again == settings
    (line,) = warnings
    assert "abcdefabcdef" in line
    assert "规则有变化：M2A；" in line
    assert "本机新增：T-3M；" in line
    assert "本机没有：OLD1" in line


def _versions() -> dict[str, str]:
    return dict(office_settings.clue_versions())


def test_the_zip_explains_itself(tmp_path: Path) -> None:
    path = office_settings.export_package(office_settings.read_settings(written(tmp_path)), tmp_path / "p.zip")
    with zipfile.ZipFile(path) as package:
        text = package.read("说明.txt").decode()
    for word in ("测试县人民检察院", "vehicle_sealing", "M2C", "B02-PAYMENTS", "不是证据"):
        assert word in text


def test_the_command_exports_and_loads(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, home = tmp_path / "office-model.zip", tmp_path / "home"
    assert cli.main(["clues", "package", "--out", str(out), "--settings", str(written(tmp_path))]) == 0
    assert cli.main(["--home", str(home), "clues", "package", "--load", str(out)]) == 0
    assert office_settings.settings_file(home).exists()
    assert cli.main(["--home", str(home), "clues", "package", "--out", str(tmp_path / "p.doc")]) == 2
    assert "须为 .toml 或 .zip" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["p.toml", "p.zip"])
def test_a_package_in_a_folder_that_is_not_there_is_one_sentence(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "nodir" / name
    (tmp_path / "settings").mkdir()
    assert cli.main(["clues", "package", "--home", str(tmp_path), "--out", str(out)]) == 2
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", f"无法写出 {out}：目录 {out.parent} 不存在。\n")
    assert list(tmp_path.rglob("*")) == [tmp_path / "settings"]


def test_pages_are_not_written_over_a_file(tmp_path: Path) -> None:
    with pytest.raises(GoldenKeyError, match="无法写出"):
        write_docs(written(tmp_path))
    assert written(tmp_path).read_text(encoding="utf-8") == SETTINGS
