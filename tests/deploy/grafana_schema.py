"""Checks a dashboard against Grafana's own schema: no unknown key, no value of another type.

grafana-foundation-sdk holds the schema as Python classes with annotated fields. Its readers ignore unknown keys and take any
value, so the annotations are walked here.
"""

import enum
import importlib
import inspect
import re
import types
import typing

from grafana_foundation_sdk.cog import variants
from grafana_foundation_sdk.models import dashboard, prometheus

SCALARS = {str: str, bool: bool, int: int, float: (int, float)}


def fields_of(model):
    """Returns {JSON key: type} of a class of the schema. Only its writer tells the key of each field."""
    hints = typing.get_type_hints(model)
    source = inspect.getsource(model.to_json)
    keys = re.findall(r'"(\w+)(?:": |"\] = )self\.(\w+)', source)
    fields = {key: hints[field] for key, field in keys}
    if len(fields) != len(hints):
        raise AssertionError(f"{model.__name__}: found keys {sorted(fields)} for fields {sorted(hints)}")
    return fields


def check_panel(panel, path):
    """Checks what depends on the panel's type: its options and its own field settings."""
    kind = panel.get("type", "")
    try:
        module = importlib.import_module(f"grafana_foundation_sdk.models.{kind}")
    except ImportError:
        return [f"{path}.type: Grafana has no panel {kind!r}"]
    wrong = check(panel.get("options", {}), module.Options, f"{path}.options")
    custom = panel.get("fieldConfig", {}).get("defaults", {}).get("custom")
    if custom is not None:
        wrong += check(custom, module.FieldConfig, f"{path}.fieldConfig.defaults.custom")
    return wrong


def check_object(value, model, path):
    if not isinstance(value, dict):
        return [f"{path}: expected {model.__name__}, found {value!r}"]
    if model is variants.Dataquery:
        model = prometheus.Dataquery
    fields = fields_of(model)
    wrong = []
    for key, part in value.items():
        if key in fields:
            wrong += check(part, fields[key], f"{path}.{key}")
        else:
            wrong.append(f"{path}.{key}: {model.__name__} has no such key")
    if model is dashboard.Panel:
        wrong += check_panel(value, path)
    return wrong


def check_union(value, options, path):
    """The union's member that fits best gives the violations: rows and panels differ by their type."""
    if value is None and type(None) in options:
        return []
    options = [option for option in options if option is not type(None)]
    if dashboard.RowPanel in options:
        is_row = isinstance(value, dict) and value.get("type") == "row"
        return check(value, dashboard.RowPanel if is_row else dashboard.Panel, path)
    return min((check(value, option, path) for option in options), key=len)


def check(value, expected, path="dashboard"):
    """Returns what in the JSON `value` differs from the schema's type `expected`."""
    origin, arguments = typing.get_origin(expected), typing.get_args(expected)
    if origin in (typing.Union, types.UnionType):
        return check_union(value, arguments, path)
    if origin is typing.Literal:
        return [] if value in arguments else [f"{path}: expected one of {arguments}, found {value!r}"]
    if origin is list:
        if not isinstance(value, list):
            return [f"{path}: expected a list, found {value!r}"]
        return [wrong for i, item in enumerate(value) for wrong in check(item, arguments[0], f"{path}[{i}]")]
    if expected is object or expected is typing.Any:
        return []
    if expected is dict or origin is dict:
        return [] if isinstance(value, dict) else [f"{path}: expected an object, found {value!r}"]
    if expected in SCALARS:
        fits = isinstance(value, SCALARS[expected]) and (expected is bool or not isinstance(value, bool))
        return [] if fits else [f"{path}: expected {expected.__name__}, found {value!r}"]
    if issubclass(expected, enum.Enum):
        known = [member.value for member in expected]
        return [] if value in known else [f"{path}: expected one of {known}, found {value!r}"]
    return check_object(value, expected, path)
