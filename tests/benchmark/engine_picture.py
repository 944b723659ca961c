"""The comparison of engine_table.py as a picture: one panel a network, one bar a line."""
import os

import matplotlib
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

import engine_table

matplotlib.use("Agg")
from matplotlib import pyplot

# By precision, told apart by people who do not see all colours too.
COLOURS = {"f32": "#4477AA", "bf16": "#228833", "int8": "#CC6677"}
AIM_COLOUR = "#222222"
PEER_COLOUR = "#888888"
# A lone image is drawn pale.
OPACITY = {1: 0.55, 16: 1.0}


def draw_network(axis, network, table):
    lines = [(precision, batch) for precision in engine_table.PRECISIONS for batch in engine_table.BATCHES]
    found = {(one.precision, one.batch): one for one in table if one.network == network}
    for place, (precision, batch) in enumerate(lines):
        one = found.get((precision, batch))
        ratio = one.ratio if one else None
        if ratio is None:
            axis.text(place, 0.03, "void" if one and one.note.startswith("void") else "not measured", rotation=90,
                      ha="center", va="bottom", fontsize=8, color=PEER_COLOUR)
        else:
            axis.bar(place, ratio, width=0.8, color=COLOURS[precision], alpha=OPACITY[batch])
            axis.text(place, 0.03, f"{ratio:.2f}", ha="center", va="bottom", fontsize=8.5, fontweight="bold",
                      color="white" if OPACITY[batch] == 1 else "black")
        aim = engine_table.AIMS[network][precision != "f32"]
        axis.plot([place - 0.45, place + 0.45], [aim, aim], color=AIM_COLOUR, linewidth=2)
    axis.axhline(1, color=PEER_COLOUR, linewidth=1.2, linestyle="--", zorder=0)
    axis.set_xticks(range(len(lines)), [f"{precision}\n{batch}" for precision, batch in lines], fontsize=8.5)
    axis.set_xlabel("precision and batch", fontsize=8.5)
    axis.set_title(network, fontsize=11)
    for side in ("top", "right"):
        axis.spines[side].set_visible(False)


def draw(table, path):
    """Writes the PNG for the Rows of engine_table.rows(); other batches than 1 and 16 are left out."""
    figure, axes = pyplot.subplots(1, len(engine_table.NETWORKS), figsize=(13, 4.2), sharey=True, layout="constrained")
    for axis, network in zip(axes, engine_table.NETWORKS):
        draw_network(axis, network, table)
    tallest = max([one.ratio for one in table if one.ratio is not None] + [1.3])
    axes[0].set_ylim(0, 1.08 * tallest)
    axes[0].set_ylabel("speed over the best peer's")
    drawn = [one.ratio for one in table if one.ratio is not None]
    mean = engine_table.geometric_mean(drawn)
    title = "Avocet against the faster of OpenVINO and ONNX Runtime, each in its best setting"
    if mean is not None:
        title += f"; geometric mean of {len(drawn)} lines {mean:.2f}"
    figure.suptitle(title, fontsize=12)
    handles = [Patch(color=colour, label=precision) for precision, colour in COLOURS.items()]
    handles += [Patch(color="#555555", alpha=OPACITY[1], label="batch 1"), Patch(color="#555555", label="batch 16"),
                Line2D([], [], color=AIM_COLOUR, linewidth=2, label="aim"),
                Line2D([], [], color=PEER_COLOUR, linestyle="--", label="best peer")]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), frameon=False, fontsize=9)
    beside = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        figure.savefig(beside, format="png", dpi=130)
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
        pyplot.close(figure)
