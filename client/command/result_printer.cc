#include "client/command/result_printer.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace avocet {
namespace {

constexpr char kGreen[] = "32";
constexpr char kDim[] = "2";

// `share` of `width` columns, in eighths of a column where the terminal has such characters.
std::string Bar(double share, int width, const Terminal& terminal) {
  constexpr const char* kEighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const double columns = std::clamp(share, 0.0, 1.0) * width;
  std::string bar;
  if (!terminal.utf8) {
    bar.assign(static_cast<size_t>(std::lround(columns)), '#');
    return bar;
  }
  const auto eighths = static_cast<int>(std::lround(columns * 8));
  for (int i = 0; i < eighths / 8; ++i) bar += "█";
  return bar += kEighths[eighths % 8];
}

std::string Chart(const FileResult& result, const Terminal& terminal) {
  constexpr int kWidestBar = 40;
  constexpr int kPercentColumns = 8;  // "100.0 %" and a blank
  int label_width = 0;
  for (const ClassScore& score : result.outcome.classes) {
    label_width = std::max(label_width, DisplayWidth(score.label));
  }
  label_width = std::clamp(label_width, 1, std::max(8, terminal.width / 2));
  const int bar_width =
      std::clamp(terminal.width - label_width - 2 - kPercentColumns, 1, kWidestBar);

  const std::string model =
      absl::StrCat(Printable(result.outcome.model), " version ", result.outcome.version);
  std::string text =
      absl::StrCat(Printable(result.path), "  ", Colored(model, kDim, terminal), "\n");
  bool first = true;
  for (const ClassScore& score : result.outcome.classes) {
    const std::string bar = Bar(score.probability, bar_width, terminal);
    absl::StrAppend(&text, Fit(Printable(score.label), label_width, terminal), "  ",
                    first ? Colored(bar, kGreen, terminal) : bar,
                    std::string(static_cast<size_t>(bar_width - DisplayWidth(bar)), ' '),
                    absl::StrFormat(" %5.1f %%\n", 100 * score.probability));
    first = false;
  }
  return text;
}

std::string Line(const FileResult& result, const Terminal& terminal, int path_width) {
  std::string text = Fit(Printable(result.path), path_width, terminal);
  const char* separator = "  ";
  for (const ClassScore& score : result.outcome.classes) {
    absl::StrAppend(&text, separator, absl::StrFormat("%5.1f %% ", 100 * score.probability),
                    Printable(score.label));
    separator = ", ";
  }
  return text + "\n";
}

// A field of a tab-separated line: backslash, tab and line ends are escaped as in most languages.
std::string TsvField(std::string_view text) {
  std::string field;
  for (const char c : text) {
    switch (c) {
      case '\\':
        field += "\\\\";
        break;
      case '\t':
        field += "\\t";
        break;
      case '\n':
        field += "\\n";
        break;
      case '\r':
        field += "\\r";
        break;
      default:
        field += c;
    }
  }
  return field;
}

std::string Tsv(const FileResult& result) {
  std::string text = TsvField(result.path);
  for (const ClassScore& score : result.outcome.classes) {
    absl::StrAppend(&text, "\t", TsvField(score.label), "\t",
                    absl::StrFormat("%.2f", 100 * score.probability));
  }
  return text + "\n";
}

double Milliseconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

std::string Json(const FileResult& result) {
  nlohmann::ordered_json object = {{"path", result.path}};
  const absl::Status& status = result.status.ok() ? result.outcome.status : result.status;
  if (!status.ok()) {
    object["error"] = {{"code", absl::StatusCodeToString(status.code())},
                       {"message", std::string(status.message())}};
  } else {
    const ImageOutcome& outcome = result.outcome;
    object["model"] = outcome.model;
    object["version"] = outcome.version;
    object["classes"] = nlohmann::ordered_json::array();
    for (const ClassScore& score : outcome.classes) {
      object["classes"].push_back(
          {{"index", score.index}, {"label", score.label}, {"probability", score.probability}});
    }
    object["milliseconds"] = {{"queue", Milliseconds(outcome.timings.queue)},
                              {"decode", Milliseconds(outcome.timings.decode)},
                              {"preprocess", Milliseconds(outcome.timings.preprocess)},
                              {"inference", Milliseconds(outcome.timings.inference)}};
    object["batch_size"] = outcome.timings.batch_size;
  }
  // A file name may be any bytes; what is not UTF-8 becomes U+FFFD.
  return object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace

std::string FormatResult(const FileResult& result, ResultFormat format, const Terminal& terminal,
                         int path_width) {
  if (format == ResultFormat::kJson) return Json(result);
  if (!result.status.ok() || !result.outcome.status.ok()) return "";
  switch (format) {
    case ResultFormat::kChart:
      return Chart(result, terminal);
    case ResultFormat::kLines:
      return Line(result, terminal, path_width);
    default:
      return Tsv(result);
  }
}

}  // namespace avocet
