"""Checks Grafana's provisioning files: no unknown key, no value of another type.

Grafana passes over keys that it does not know, so a misspelt one would leave a default in force. It publishes no schema of these
files; the keys are those of its documentation ("Provision Grafana", "Configure the Prometheus data source").
"""

# A type; a tuple: one of these values; a dict: an object of no other keys; a list: any number of what it holds.
PROMETHEUS_SETTINGS = {
    "alertmanagerUid": str,
    "cacheLevel": ("Low", "Medium", "High", "None"),
    "customQueryParameters": str,
    "defaultEditor": ("builder", "code"),
    "disableMetricsLookup": bool,
    "disableRecordingRules": bool,
    "exemplarTraceIdDestinations": [{"datasourceUid": str, "name": str, "url": str, "urlDisplayLabel": str}],
    "httpMethod": ("GET", "POST"),
    "incrementalQuerying": bool,
    "incrementalQueryOverlapWindow": str,
    "keepCookies": [str],
    "manageAlerts": bool,
    "oauthPassThru": bool,
    "prometheusType": ("Prometheus", "Cortex", "Mimir", "Thanos"),
    "prometheusVersion": str,
    "queryTimeout": str,
    "serverName": str,
    "timeInterval": str,
    "timeout": int,
    "tlsAuth": bool,
    "tlsAuthWithCACert": bool,
    "tlsSkipVerify": bool,
}

DATA_SOURCE = {
    "access": ("proxy", "direct"),
    "basicAuth": bool,
    "basicAuthUser": str,
    "database": str,
    "editable": bool,
    "isDefault": bool,
    "jsonData": PROMETHEUS_SETTINGS,
    "name": str,
    "orgId": int,
    "secureJsonData": {"basicAuthPassword": str, "password": str, "tlsCACert": str, "tlsClientCert": str,
                       "tlsClientKey": str},
    "type": ("prometheus",),  # jsonData is another one for others
    "uid": str,
    "url": str,
    "user": str,
    "version": int,
    "withCredentials": bool,
}

DASHBOARD_PROVIDER = {
    "allowUiUpdates": bool,
    "disableDeletion": bool,
    "folder": str,
    "folderUid": str,
    "name": str,
    "options": {"foldersFromFilesStructure": bool, "path": str},
    "orgId": int,
    "type": ("file",),
    "updateIntervalSeconds": int,
}

# By the folder below provisioning/.
SCHEMAS = {
    "dashboards": {"apiVersion": (1,), "providers": [DASHBOARD_PROVIDER]},
    "datasources": {"apiVersion": (1,), "datasources": [DATA_SOURCE], "deleteDatasources": [{"name": str, "orgId": int}],
                    "prune": bool},
}


def check(value, expected, path):
    """Returns what in `value`, as a YAML reader gives it, differs from `expected`."""
    if isinstance(expected, dict):
        if not isinstance(value, dict):
            return [f"{path}: expected an object, found {value!r}"]
        wrong = [f"{path}.{key}: there is no such key" for key in value if key not in expected]
        return wrong + [part for key in value if key in expected
                        for part in check(value[key], expected[key], f"{path}.{key}")]
    if isinstance(expected, list):
        if not isinstance(value, list):
            return [f"{path}: expected a list, found {value!r}"]
        return [part for i, item in enumerate(value) for part in check(item, expected[0], f"{path}[{i}]")]
    if isinstance(expected, tuple):
        # True would equal 1.
        fits = any(value == one and type(value) is type(one) for one in expected)
        return [] if fits else [f"{path}: expected one of {expected}, found {value!r}"]
    fits = isinstance(value, expected) and (expected is bool or not isinstance(value, bool))
    return [] if fits else [f"{path}: expected {expected.__name__}, found {value!r}"]
