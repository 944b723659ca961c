"""The queries of a dashboard, by panel."""

import json
import re

# What Grafana puts in at run time, replaced by what fits any range and any model. The window holds
# six scrapes of deploy/prometheus/prometheus.yml.
VARIABLES = {"$__rate_interval": "30s", "$model": ".*"}


def load(path):
    return json.loads(path.read_text(encoding="utf-8"))


def panels(dashboard):
    """Returns every panel that draws something, those in collapsed rows too."""
    found = []
    for panel in dashboard["panels"]:
        found += panel.get("panels", []) if panel["type"] == "row" else [panel]
    return found


def queries(dashboard):
    """Returns [(panel's title, expression with Grafana's variables replaced)]."""
    found = []
    for panel in panels(dashboard):
        for target in panel["targets"]:
            expression = target["expr"]
            for variable, value in VARIABLES.items():
                expression = expression.replace(variable, value)
            if "$" in expression:
                raise ValueError(f"{panel['title']}: a variable without a value in {expression}")
            found.append((panel["title"], expression))
    return found


def metrics(expression):
    """Returns the names of our metrics in a PromQL expression."""
    return set(re.findall(r"\b(?:avocet|process)_[a-z_]+", expression))
