"""Tests the promises of docker-compose.yml: pinned images, loopback ports, health checks, files that exist."""

import pathlib
import re
import unittest

from ruamel.yaml import YAML

ROOT = pathlib.Path(__file__).resolve().parents[2]
COMPOSE = YAML(typ="safe", pure=True).load(ROOT / "docker-compose.yml")
SERVICES = COMPOSE["services"]
LONG_RUNNING = {name: service for name, service in SERVICES.items() if service["restart"] != "no"}


class ComposeFile(unittest.TestCase):

    def test_images_that_are_pulled_have_an_exact_version(self):
        for name, service in SERVICES.items():
            if "build" not in service:
                self.assertRegex(service["image"], r"^[a-z]+/[a-z]+:v?\d+\.\d+\.\d+$", name)

    def test_images_that_are_built_name_a_stage_of_the_dockerfile(self):
        dockerfile = (ROOT / "deploy/Dockerfile").read_text(encoding="utf-8")
        stages = re.findall(r"^FROM \S+ AS (\w+)$", dockerfile, re.MULTILINE)
        targets = [service["build"]["target"] for service in SERVICES.values() if "build" in service]
        self.assertEqual(sorted(targets), ["models", "server"])
        self.assertLessEqual(set(targets), set(stages))

    def test_ports_are_published_on_loopback_by_default(self):
        for name, service in SERVICES.items():
            for port in service.get("ports", []):
                self.assertRegex(port, r"^\$\{AVOCET_BIND:-127\.0\.0\.1\}:\$\{[A-Z_]+:-\d+\}:\d+$", name)

    def test_what_keeps_running_has_a_health_check_and_is_restarted(self):
        self.assertEqual(set(LONG_RUNNING), {"server", "prometheus", "grafana"})
        for name, service in LONG_RUNNING.items():
            self.assertEqual(service["restart"], "unless-stopped", name)
            self.assertEqual(service["healthcheck"]["test"][0], "CMD", name)

    def test_mounted_files_exist_and_named_volumes_are_declared(self):
        for name, service in SERVICES.items():
            for mount in service.get("volumes", []):
                source = mount.split(":")[0]
                if source.startswith("./"):
                    self.assertTrue((ROOT / source).exists(), f"{name}: {source}")
                    self.assertTrue(mount.endswith(":ro"), f"{name}: {mount}")
                else:
                    self.assertIn(source, COMPOSE["volumes"], name)

    def test_prometheus_scrapes_the_port_that_the_server_publishes(self):
        config = YAML(typ="safe", pure=True).load(ROOT / "deploy/prometheus/prometheus.yml")
        targets = [target for job in config["scrape_configs"] for entry in job["static_configs"]
                   for target in entry["targets"]]
        ports = [port.rsplit(":", 1)[1] for port in SERVICES["server"]["ports"]]
        self.assertEqual(len(targets), 1)
        host, port = targets[0].split(":")
        self.assertIn(host, SERVICES)
        self.assertIn(port, ports)


if __name__ == "__main__":
    unittest.main()
