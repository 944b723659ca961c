"""Runs every query of the dashboard on a Prometheus, and fails unless each returns numbers.

    query_dashboard.py http://localhost:9090
"""

import json
import math
import pathlib
import sys
import urllib.error
import urllib.parse
import urllib.request

import dashboard_queries

DASHBOARD = pathlib.Path(__file__).resolve().parents[2] / "deploy/grafana/dashboards/avocet.json"


def query(prometheus, expression):
    """Returns the values of an instant query; raises ValueError with Prometheus's words if it refuses."""
    arguments = urllib.parse.urlencode({"query": expression}).encode()
    try:
        with urllib.request.urlopen(f"{prometheus}/api/v1/query", arguments, timeout=10) as answer:
            result = json.load(answer)["data"]["result"]
    except urllib.error.HTTPError as error:
        raise ValueError(json.load(error)["error"]) from error
    return [float(series["value"][1]) for series in result]


def main():
    failed = 0
    for title, expression in dashboard_queries.queries(dashboard_queries.load(DASHBOARD)):
        try:
            values = query(sys.argv[1], expression)
        except ValueError as error:
            verdict, values = f"FAILED: {error}", []
        else:
            numbers = [value for value in values if math.isfinite(value)]
            verdict = f"{len(numbers)} series, largest {max(numbers):.6g}" if numbers else "FAILED: no data"
        failed += verdict.startswith("FAILED")
        print(f"{title}: {verdict}\n    {expression}")
    print(f"{failed} queries without data")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
