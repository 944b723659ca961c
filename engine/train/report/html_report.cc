#include "engine/train/report/html_report.h"

#include <spdlog/spdlog.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "engine/checkpoint/atomic_file.h"
#include "engine/train/report/line_chart.h"
#include "engine/train/report/metrics_csv.h"

namespace avocet {
namespace {

constexpr const char* kStyle = R"(
:root { color-scheme: light dark; --page:#f6f7f9; --card:#fff; --ink:#1d2430; --soft:#667085; --line:#e4e7ec;
  --train:#2563eb; --validation:#ea580c; --right:37 99 235; --wrong:220 38 38; }
@media (prefers-color-scheme: dark) { :root { --page:#0f1319; --card:#171d26; --ink:#e6e9ef; --soft:#98a2b3;
  --line:#2a3340; --train:#60a5fa; --validation:#fb923c; --right:96 165 250; --wrong:248 113 113; } }
* { box-sizing: border-box; }
body { margin:0; padding:2rem 1rem 4rem; background:var(--page); color:var(--ink);
  font:15px/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
main { max-width:1120px; margin:auto; display:grid; gap:1rem; }
h1 { font-size:1.7rem; margin:0; } h2 { font-size:1.15rem; margin:0 0 .75rem; }
h3 { font-size:.95rem; margin:1rem 0 .4rem; } h3:first-child { margin-top:0; }
header p { margin:.2rem 0 0; color:var(--soft); }
section { background:var(--card); border:1px solid var(--line); border-radius:12px; padding:1.1rem 1.25rem; min-width:0; }
.note { color:var(--soft); margin:-.5rem 0 .75rem; font-size:.87rem; }
.failed { background:rgb(var(--wrong) / .12); border-left:4px solid rgb(var(--wrong)); padding:.6rem .9rem; margin:0; border-radius:6px; }
.tiles { display:grid; grid-template-columns:repeat(auto-fit, minmax(134px, 1fr)); gap:1rem; }
.tile b { display:block; font-size:1.55rem; line-height:1.25; font-variant-numeric:tabular-nums; white-space:nowrap; }
.tile span { color:var(--soft); font-size:.85rem; }
.charts { display:grid; grid-template-columns:repeat(auto-fit, minmax(min(420px, 100%), 1fr)); gap:1.25rem; }
.chart { width:100%; height:auto; font-size:11px; } .chart text { fill:var(--soft); }
.chart .title { fill:var(--ink); font-size:13px; font-weight:600; } .chart .legend { font-size:12px; font-weight:600; }
.grid { stroke:var(--line); } polyline { fill:none; stroke-width:1.8; stroke-linejoin:round; }
polyline.train { stroke:var(--train); } polyline.validation { stroke:var(--validation); }
polyline.faint { stroke-width:1; opacity:.28; } circle.validation { fill:var(--validation); }
.chart .legend.train { fill:var(--train); } .chart .legend.validation { fill:var(--validation); }
.side { display:grid; grid-template-columns:minmax(0, 1fr) minmax(0, max-content); gap:1.5rem; align-items:start; }
@media (max-width: 760px) { .side { grid-template-columns:minmax(0, 1fr); } }
.scroll { overflow-x:auto; }
table { border-collapse:collapse; font-size:.88rem; font-variant-numeric:tabular-nums; }
th { text-align:left; font-weight:600; color:var(--soft); } th, td { padding:.22rem .6rem; border-bottom:1px solid var(--line); vertical-align:top; }
.number { text-align:right; }
td.bar { min-width:110px; text-align:right; background:linear-gradient(to right, rgb(var(--right) / .22) calc(100% * var(--share)), transparent 0); }
.confusion th { white-space:nowrap; } .confusion th, .confusion td { border:1px solid var(--card); padding:.2rem .35rem; }
.confusion th.column { height:12em; vertical-align:bottom; padding:0 0 .4em; }
.confusion th.column span { writing-mode:vertical-rl; transform:rotate(180deg); max-height:13em; overflow:hidden; text-overflow:ellipsis; }
.confusion td { text-align:center; min-width:2.6em; border-radius:4px; }
td.right { background:rgb(var(--right) / calc(var(--share) * .75)); } td.wrong { background:rgb(var(--wrong) / calc(var(--share) * .8)); }
.matrix { width:100%; max-width:700px; image-rendering:pixelated; border:1px solid var(--line); }
.mistakes { display:grid; grid-template-columns:repeat(auto-fill, minmax(128px, 1fr)); gap:1rem; }
figure { margin:0; } figure img, .missing { width:100%; aspect-ratio:1; object-fit:contain; background:var(--page); border-radius:8px; }
.missing { display:grid; place-items:center; color:var(--soft); } figcaption { font-size:.84rem; overflow-wrap:anywhere; margin-top:.3rem; }
figcaption b { color:rgb(var(--wrong)); }
pre { background:var(--page); border-radius:8px; padding:.8rem 1rem; margin:0; overflow:auto; max-height:30rem; font-size:.82rem; }
)";

}  // namespace

std::string WriteReportPage(const ReportData& data) {
  const std::string title = EscapeHtml(
      absl::StrCat(data.facts.architecture, ", ", data.facts.class_names.size(), " classes"));
  return absl::StrCat(
      "<!DOCTYPE html><html lang=en><head><meta charset=utf-8>"
      "<meta name=viewport content=\"width=device-width, initial-scale=1\"><title>",
      title, " – Avocet training</title><style>", kStyle, "</style></head><body><main><header><h1>",
      title, "</h1><p>Training report of avocet-train: ", data.epochs.size(), " of ",
      data.facts.epochs, " epochs, ", data.steps.size(), " steps</p></header>",
      SummarySection(data), CurvesSection(data), ConfusionSection(data), ClassesSection(data),
      MistakesSection(data), SkippedSection(data), FactsSection(data), "</main></body></html>\n");
}

void HtmlReport::OnEnd(const RunResult& result) {
  ReportData data{.facts = facts_, .steps = {}, .epochs = {}, .result = result};
  // A report without curves is better than none.
  const auto read = [](auto rows, auto& destination) {
    if (rows.ok()) {
      destination = *std::move(rows);
    } else {
      spdlog::warn("the report lacks its curves: {}", std::string(rows.status().message()));
    }
  };
  read(ReadMetricsCsv(run_folder_), data.steps);
  read(ReadEpochsCsv(run_folder_), data.epochs);
  const std::string path = (std::filesystem::path(run_folder_) / "report.html").string();
  const absl::Status written = WriteFileAtomically(path, WriteReportPage(data));
  if (!written.ok()) spdlog::error("{} is not written: {}", path, std::string(written.message()));
}

}  // namespace avocet
