"""The alerts on scalebridge itself and its dashboard ask for what it exports."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import yaml

from bridge.demo.servers import binary
from bridge.observe.metrics import FAMILIES
from tests.docs.deployed import MONITORING, kinds
from tests.docs.markdown import blocks
from tests.parts.gate import needs


def rules() -> list[dict[str, Any]]:
    [rule] = kinds("PrometheusRule")
    return [one for group in rule["spec"]["groups"] for one in group["rules"]]


def test_promtool_checks_the_rules(tmp_path: Path) -> None:
    needs("promtool")
    [rule] = kinds("PrometheusRule")
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump(rule["spec"]))
    tests = (MONITORING / "prometheus-rule-test.yaml").read_text("utf-8")
    (tmp_path / "tests.yaml").write_text(tests)
    tool = str(binary("promtool"))
    for arguments in (["check", "rules", "rules.yaml"], ["test", "rules", "tests.yaml"]):
        done = subprocess.run([tool, *arguments], cwd=tmp_path, capture_output=True, text=True)
        assert (done.returncode, done.stdout + done.stderr) == (0, done.stdout + done.stderr)


def test_every_alert_is_tested_firing_and_silent() -> None:
    tests = yaml.safe_load((MONITORING / "prometheus-rule-test.yaml").read_text("utf-8"))["tests"]
    silent, firing = (
        {
            one["alertname"]
            for test in tests
            for one in test["alert_rule_test"]
            if bool(one.get("exp_alerts")) is fires
        }
        for fires in (False, True)
    )
    assert silent == firing == {rule["alert"] for rule in rules()}


EXPORTED = {
    name
    for family in FAMILIES
    for name in (
        [f"{family.name}{suffix}" for suffix in ("_bucket", "_sum", "_count")]
        if family.kind == "histogram"
        else [family.name]
    )
}


def asked_in(text: str) -> set[str]:
    return set(re.findall(r"scalebridge_\w+", text))


def test_the_rules_ask_for_what_is_exported() -> None:
    assert asked_in(" ".join(rule["expr"] for rule in rules())) <= EXPORTED


def test_the_dashboard_asks_for_what_is_exported() -> None:
    dashboard = json.loads((MONITORING / "dashboard.json").read_text("utf-8"))
    panels = dashboard["panels"]
    queries = [target["expr"] for panel in panels for target in panel["targets"]]
    variables = [one["query"]["query"] for one in dashboard["templating"]["list"][1:]]
    assert asked_in(" ".join([*queries, *variables])) <= EXPORTED
    assert all(asked_in(query) for query in queries)
    assert len({panel["id"] for panel in panels}) == len(panels)


def check_by_promtool(folder: Path, queries: list[str]) -> None:
    needs("promtool")
    records = [{"record": f"query:{n}", "expr": query} for n, query in enumerate(queries)]
    text = yaml.safe_dump({"groups": [{"name": "queries", "rules": records}]})
    (folder / "rules.yaml").write_text(text)
    check = [str(binary("promtool")), "check", "rules", str(folder / "rules.yaml")]
    subprocess.run(check, check=True, capture_output=True)


def test_promtool_reads_the_dashboard_s_queries(tmp_path: Path) -> None:
    dashboard = json.loads((MONITORING / "dashboard.json").read_text("utf-8"))
    queries = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    check_by_promtool(tmp_path, [re.sub(r"\$__rate_interval", "5m", one) for one in queries])


def test_promtool_reads_the_page_s_queries_for_what_is_exported(tmp_path: Path) -> None:
    [block] = [one for one in blocks("promql") if one.page.name == "metrics.md"]
    queries = re.split(r"\n(?=\S)", block.text.strip())
    assert len(queries) == 7
    assert asked_in(block.text) <= EXPORTED
    check_by_promtool(tmp_path, queries)
