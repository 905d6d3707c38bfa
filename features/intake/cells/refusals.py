"""Why a row is refused at intake: code of the rule it breaks -> reason shown to users."""

from __future__ import annotations

REFUSALS: dict[str, str] = {
    "required": "必填项为空",
    "direction": "收付方向不明",
    "excel": "号码已被Excel损坏（科学计数法），无法还原",
    "case_no": "案号格式不符，应如（2024）浙9901执123号；2015年以前的，应如（2014）某执字第123号",
    "code": "不在允许的取值范围内",
    "date": "不是有效日期",
    "datetime": "不是有效日期时间",
    "money": "不是有效金额（元，最多四位小数）",
    "int": "不是整数",
    "real": "不是数字",
    "bool": "不是“是/否”",
    "range": "数值超出允许范围",
    "order": "日期先后颠倒",
    "columns": "列数与表头不符（行可能被截断）",
    "quote": "引号不成对，无法切分",
    "ruling": "裁判文书中未能读出",
    "reused": "审查编号已用于另一案件",
}
