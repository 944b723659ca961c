"""Tests what Grafana is provisioned with: deploy/grafana and the metrics that the dashboard draws."""

import copy
import pathlib
import re
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]

import dashboard_queries
import grafana_schema
import provisioning_schema
from grafana_foundation_sdk.models.dashboard import Dashboard
from ruamel.yaml import YAML

DASHBOARD = dashboard_queries.load(ROOT / "deploy/grafana/dashboards/avocet.json")
# How Prometheus names the series of a histogram.
HISTOGRAM_SERIES = re.compile(r"_(bucket|sum|count)$")


def read_yaml(path):
    return YAML(typ="safe", pure=True).load(ROOT / path)


def server_metrics():
    """Returns the names that the server's source defines."""
    source = "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "server").glob("*.cc")))
    return set(re.findall(r'"((?:avocet|process)_[a-z_]+)"', source))


def undefined_metrics(dashboard, defined):
    used = {name for _, expression in dashboard_queries.queries(dashboard)
            for name in dashboard_queries.metrics(expression)}
    return {name for name in used if name not in defined and HISTOGRAM_SERIES.sub("", name) not in defined}


class Schema(unittest.TestCase):

    def test_the_dashboard_is_what_grafana_reads(self):
        self.assertEqual(grafana_schema.check(DASHBOARD, Dashboard), [])

    def test_the_schema_is_of_the_release_in_the_compose_file(self):
        image = read_yaml("docker-compose.yml")["services"]["grafana"]["image"]
        pinned = (ROOT / "tests/deploy/requirements.txt").read_text(encoding="utf-8")
        version = re.search(r"^grafana-foundation-sdk==\d+!(\S+)", pinned, re.MULTILINE)[1]
        self.assertEqual(image, f"grafana/grafana:{version}")

    def assert_rejected(self, change, expected):
        broken = copy.deepcopy(DASHBOARD)
        change(broken)
        violations = grafana_schema.check(broken, Dashboard)
        self.assertEqual(len(violations), 1, violations)
        self.assertIn(expected, violations[0])

    def test_the_check_rejects_an_unknown_key(self):
        self.assert_rejected(lambda d: d["panels"][0].update(heading="x"),
                             "panels[0].heading: Panel has no such key")

    def test_the_check_rejects_a_number_as_a_title(self):
        self.assert_rejected(lambda d: d.update(title=1), "dashboard.title: expected str, found 1")

    def test_the_check_rejects_an_unknown_panel(self):
        self.assert_rejected(lambda d: d["panels"][0].update(type="stats"), "no panel 'stats'")

    def test_the_check_rejects_an_unknown_option_of_a_panel(self):
        self.assert_rejected(lambda d: d["panels"][0]["options"].update(graphMode="lines"),
                             "options.graphMode: expected one of")

    def test_the_check_rejects_an_unknown_part_of_a_query(self):
        self.assert_rejected(lambda d: d["panels"][0]["targets"][0].update(query="up"),
                             "targets[0].query: Dataquery has no such key")


class Layout(unittest.TestCase):

    def test_panels_have_unique_ids_and_do_not_overlap(self):
        taken = {}
        self.assertEqual(len({panel["id"] for panel in DASHBOARD["panels"]}), len(DASHBOARD["panels"]))
        for panel in DASHBOARD["panels"]:
            at = panel["gridPos"]
            self.assertLessEqual(at["x"] + at["w"], 24, panel["title"])
            for cell in ((x, y) for x in range(at["x"], at["x"] + at["w"])
                         for y in range(at["y"], at["y"] + at["h"])):
                self.assertNotIn(cell, taken, f"{panel['title']} lies over {taken.get(cell)}")
                taken[cell] = panel["title"]

    def test_every_panel_says_what_it_shows(self):
        for panel in dashboard_queries.panels(DASHBOARD):
            self.assertTrue(panel["title"] and panel["description"], panel["title"])


class Metrics(unittest.TestCase):

    def test_the_server_defines_every_metric_of_the_dashboard(self):
        self.assertEqual(undefined_metrics(DASHBOARD, server_metrics()), set())

    def test_a_metric_that_nobody_defines_is_found(self):
        broken = copy.deepcopy(DASHBOARD)
        broken["panels"][0]["targets"][0]["expr"] = "rate(avocet_image_total[$__rate_interval])"
        self.assertEqual(undefined_metrics(broken, server_metrics()), {"avocet_image_total"})

    def test_the_dashboard_draws_every_metric_of_the_server(self):
        drawn = {HISTOGRAM_SERIES.sub("", name) for _, expression in dashboard_queries.queries(DASHBOARD)
                 for name in dashboard_queries.metrics(expression)}
        ours = {name for name in server_metrics() if name.startswith("avocet_")}
        self.assertEqual(ours - drawn, set())


def provisioning_files():
    """Returns [(what the folder is for, path)] of every file that Grafana reads at its start."""
    return [(path.parent.name, path) for path in sorted((ROOT / "deploy/grafana/provisioning").glob("*/*"))]


def objects(value):
    """Yields every object in what a YAML reader gives, the outermost first."""
    if isinstance(value, dict):
        yield value
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
        yield from objects(part)


class Provisioning(unittest.TestCase):

    def test_every_key_is_one_that_grafana_reads(self):
        self.assertEqual({kind for kind, _ in provisioning_files()}, set(provisioning_schema.SCHEMAS))
        for kind, path in provisioning_files():
            self.assertEqual(provisioning_schema.check(read_yaml(path), provisioning_schema.SCHEMAS[kind], path.name), [])

    def test_the_check_rejects_every_key_when_it_is_misspelt(self):
        for kind, path in provisioning_files():
            document = read_yaml(path)
            for part in list(objects(document)):
                for key in list(part):
                    part[key + "x"] = part.pop(key)
                    violations = provisioning_schema.check(document, provisioning_schema.SCHEMAS[kind], path.name)
                    self.assertEqual(len(violations), 1, f"{path.name}, {key}: {violations}")
                    self.assertIn(f".{key}x: there is no such key", violations[0])
                    part[key] = part.pop(key + "x")

    def test_the_check_rejects_values_of_another_type(self):
        def violations(change):
            path = "deploy/grafana/provisioning/datasources/prometheus.yml"
            document = read_yaml(path)
            change(document)
            return provisioning_schema.check(document, provisioning_schema.SCHEMAS["datasources"], "file")
        self.assertEqual(violations(lambda d: d["datasources"][0].update(isDefault="yes")),
                         ["file.datasources[0].isDefault: expected bool, found 'yes'"])
        self.assertEqual(violations(lambda d: d["datasources"][0].update(version=True)),
                         ["file.datasources[0].version: expected int, found True"])
        self.assertEqual(violations(lambda d: d["datasources"][0].update(access="server")),
                         ["file.datasources[0].access: expected one of ('proxy', 'direct'), found 'server'"])
        self.assertEqual(violations(lambda d: d.update(datasources={})), ["file.datasources: expected a list, found {}"])
        self.assertEqual(violations(lambda d: d["datasources"].append("x")),
                         ["file.datasources[1]: expected an object, found 'x'"])

    def test_every_panel_asks_the_provisioned_data_source(self):
        sources = read_yaml("deploy/grafana/provisioning/datasources/prometheus.yml")
        self.assertEqual(sources["apiVersion"], 1)
        known = [{"type": source["type"], "uid": source["uid"]} for source in sources["datasources"]]
        for panel in dashboard_queries.panels(DASHBOARD):
            for asked in [panel, *panel["targets"]]:
                self.assertIn(asked["datasource"], known, panel["title"])

    def test_the_data_source_and_the_dashboards_are_where_the_compose_file_puts_them(self):
        services = read_yaml("docker-compose.yml")["services"]
        sources = read_yaml("deploy/grafana/provisioning/datasources/prometheus.yml")["datasources"]
        port = services["prometheus"]["ports"][0].rsplit(":", 1)[1]
        self.assertEqual([source["url"] for source in sources], [f"http://prometheus:{port}"])
        providers = read_yaml("deploy/grafana/provisioning/dashboards/avocet.yml")["providers"]
        mounts = dict(mount.split(":")[:2] for mount in services["grafana"]["volumes"])
        self.assertEqual([provider["options"]["path"] for provider in providers],
                         [mounts["./deploy/grafana/dashboards"]])

    def test_the_data_source_knows_the_scrape_interval(self):
        interval = read_yaml("deploy/prometheus/prometheus.yml")["global"]["scrape_interval"]
        sources = read_yaml("deploy/grafana/provisioning/datasources/prometheus.yml")["datasources"]
        self.assertEqual(sources[0]["jsonData"]["timeInterval"], interval)


if __name__ == "__main__":
    sys.exit(unittest.main())
