"""What the measurements of engines.py say: ratios to the best peer, the aims, and the tables."""
import dataclasses
import math

OURS = "avocet"
NETWORKS = ("tf_efficientnet_lite0", "efficientnet_b0", "convnext_tiny", "resnet50")
PRECISIONS = ("f32", "bf16", "int8")
BATCHES = (1, 16)
# An int8 result further from float32 is void, and so is one with a smaller share of int8 multiply-adds.
LEAST_COSINE = 0.98
LEAST_INT8_SHARE = 0.9
# How many times the best peer's speed each network is to reach, in floating point of 32 bits and in less.
AIMS = {"tf_efficientnet_lite0": (1.15, 1.3), "efficientnet_b0": (1.15, 1.3), "convnext_tiny": (1.1, 1.25),
        "resnet50": (1.0, 1.0)}
AIM_OF_THE_MEAN = 1.2


@dataclasses.dataclass
class Row:
    """One line of the comparison. `ours` and `peer` are results of the best setting, or None."""
    network: str
    precision: str
    batch: int
    aim: float
    ours: dict | None
    peer: dict | None
    ratio: float | None         # of the least times
    ratio_median: float | None  # of the medians, each engine in the setting that is best by it
    peak_share: float | None    # of the multiply-adds that a matrix product does in the time
    note: str                   # why there is no ratio

    @property
    def verdict(self):
        if self.ratio is None:
            return self.note
        if self.ratio >= self.aim:
            return "met"
        return "missed" if self.ratio >= 1 else "behind"


def void(result, precision, ours):
    """Why a result does not count, or None."""
    if precision != "int8":
        return None
    cosine, share = result.get("cosine"), result.get("int8_share")
    if cosine is None:
        return "void: no cosine"
    if cosine < LEAST_COSINE:
        return f"void: cosine {cosine:.3f}"
    if ours and (share is None or share < LEAST_INT8_SHARE):
        return "void: share of int8 unknown" if share is None else f"void: {100 * share:.0f} % in int8"
    return None


def best(results, precision, ours, statistic):
    sound = [result for result in results if not void(result, precision, ours)]
    return min(sound, key=lambda result: result[statistic], default=None)


def row(line):
    network, precision, batch = line["network"], line["precision"], line["batch"]
    mine = [result for result in line["results"] if result["engine"] == OURS]
    theirs = [result for result in line["results"] if result["engine"] != OURS]
    by = {statistic: (best(mine, precision, True, statistic), best(theirs, precision, False, statistic))
          for statistic in ("least", "median")}
    (ours, peer), (ours_median, peer_median) = by["least"], by["median"]
    reasons = {result["reason"] for result in line["missing"] if result["engine"] == OURS}
    note = ""
    if not ours:
        note = void(mine[0], precision, True) if mine else f"not measured: {'; '.join(sorted(reasons))}"
    elif not peer:
        note = "no peer"
    operations = [2 * result["multiply_adds"] for result in mine if "multiply_adds" in result]
    share = None
    if ours and operations and line.get("peak"):
        share = operations[0] * batch / ours["least"] / line["peak"]
    complete = bool(ours and peer)
    return Row(network, precision, batch, AIMS.get(network, (1.0, 1.0))[precision != "f32"], ours, peer,
               peer["least"] / ours["least"] if complete else None,
               peer_median["median"] / ours_median["median"] if complete else None, share, note)


def rows(report):
    """In the order of the issue's matrix, whatever order the lines were measured in."""
    def place(one):
        known = NETWORKS.index(one.network) if one.network in NETWORKS else len(NETWORKS)
        return known, one.network, PRECISIONS.index(one.precision), one.batch
    return sorted((row(line) for line in report["lines"]), key=place)


def geometric_mean(values):
    return math.exp(sum(map(math.log, values)) / len(values)) if values else None


def markdown(header, body):
    lines = [header, ["---"] * len(header), *body]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def rate(result, batch, statistic):
    return f"{batch / result[statistic]:.0f}" if result else "-"


def number(value, form):
    return form.format(value) if value is not None else "-"


def comparison(table):
    """The table of Rows: img/s of the least and the median time, ratios, and how far each line is."""
    header = ["network", "precision", "batch", "avocet img/s", "setting", "best peer img/s", "peer", "ratio",
              "ratio of medians", "aim", "verdict", "of the peak", "in int8", "cosine, avocet / peer"]
    body = []
    for one in table:
        speeds = ["{} / {}".format(rate(result, one.batch, "least"), rate(result, one.batch, "median"))
                  for result in (one.ours, one.peer)]
        int8 = one.precision == "int8"
        ours, peer = one.ours or {}, one.peer or {}
        body.append([
            one.network, one.precision, str(one.batch), speeds[0], ours.get("setting", "-"), speeds[1],
            f"{peer['engine']}, {peer['setting']}" if peer else "-", number(one.ratio, "{:.2f}"),
            number(one.ratio_median, "{:.2f}"), f"{one.aim:.2f}", one.verdict, number(one.peak_share, "{:.0%}"),
            number(ours.get("int8_share"), "{:.0%}") if int8 else "",
            f"{number(ours.get('cosine'), '{:.3f}')} / {number(peer.get('cosine'), '{:.3f}')}" if int8 else ""])
    return markdown(header, body)


def every_result(report):
    """The table of all engines in all settings, and what could not be measured."""
    header = ["network", "precision", "batch", "engine", "setting", "least ms", "median ms", "cosine"]
    body = []
    for line in report["lines"]:
        place = [line["network"], line["precision"], str(line["batch"])]
        for result in sorted(line["results"], key=lambda result: result["least"]):
            body.append([*place, result["engine"], result["setting"], f"{result['least'] * 1e3:.2f}",
                         f"{result['median'] * 1e3:.2f}", number(result.get("cosine"), "{:.4f}")])
        for result in line["missing"]:
            body.append([*place, result["engine"], result["setting"], "-", "-", result["reason"]])
    return markdown(header, body)


def summary(table):
    """One sentence on the aims."""
    ratios = [one.ratio for one in table if one.ratio is not None]
    if not ratios:
        return f"0 of {len(table)} lines have a ratio."
    behind = sum(ratio < 1 for ratio in ratios)
    met = sum(one.verdict == "met" for one in table)
    return (f"{len(ratios)} of {len(table)} lines have a ratio: {met} meet their aim, {behind} are behind the best peer; "
            f"geometric mean {geometric_mean(ratios):.2f} (aim {AIM_OF_THE_MEAN:.2f}).")
