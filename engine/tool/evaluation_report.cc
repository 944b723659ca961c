#include "engine/tool/evaluation_report.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/tool/text_table.h"

namespace avocet {
namespace {

constexpr int kMostClasses = 100;  // that are shown though they do not occur

std::string Percent(double share) { return absl::StrFormat("%.2f %%", 100 * share); }

double InputShare(const ModelEvaluation& model) {
  const double seconds = model.input_seconds + model.network_seconds;
  return seconds > 0 ? model.input_seconds / seconds : 0;
}

// Every other column is a model.
void AddModel(const ModelEvaluation& model, std::size_t images, TextTable& table) {
  const double count = static_cast<double>(images);
  const std::string precision(PrecisionName(model.precision));
  const auto& scores = model.scores;
  table.Add({model.folder, model.architecture, precision,
             absl::StrCat(model.preprocess.height, "x", model.preprocess.width),
             scores ? Percent(scores->top1()) : "-", scores ? Percent(scores->top5()) : "-",
             absl::StrFormat("%.2f", 1e3 * model.network_seconds / count),
             absl::StrFormat("%.2f", 1e3 * model.input_seconds / count),
             absl::StrFormat("%.0f %%", 100 * InputShare(model))});
}

nlohmann::ordered_json ModelJson(const ModelEvaluation& model) {
  nlohmann::ordered_json json = {{"folder", model.folder},
                                 {"network", model.architecture},
                                 {"precision", PrecisionName(model.precision)},
                                 {"input", {3, model.preprocess.height, model.preprocess.width}},
                                 {"input_seconds", model.input_seconds},
                                 {"network_seconds", model.network_seconds}};
  if (model.scores) {
    const ClassQuality mean = ConfusionMatrix::Mean(model.scores->confusion().per_class());
    json["top1"] = model.scores->top1();
    json["top5"] = model.scores->top5();
    json["loss"] = model.scores->loss();
    json["mean_precision"] = mean.precision;
    json["mean_recall"] = mean.recall;
    json["mean_f1"] = mean.f1;
  }
  return json;
}

}  // namespace

std::string EvaluationText(const Evaluation& evaluation) {
  TextTable table({{"MODEL"},
                   {"NETWORK"},
                   {"PRECISION"},
                   {"INPUT", Align::kRight},
                   {"TOP-1", Align::kRight},
                   {"TOP-5", Align::kRight},
                   {"NETWORK MS", Align::kRight},
                   {"INPUT MS", Align::kRight},
                   {"SHARE", Align::kRight}});
  table.AddRule();
  AddModel(evaluation.model, evaluation.images, table);
  if (evaluation.against) AddModel(*evaluation.against, evaluation.images, table);
  std::string text = absl::StrCat(WithSeparators(static_cast<std::int64_t>(evaluation.images)),
                                  " images", evaluation.model.scores ? "" : " without labels",
                                  "\n\n", table.Print(TerminalColumns()));
  if (!evaluation.comparison) return text;
  const LogitsComparison& comparison = *evaluation.comparison;
  absl::StrAppendFormat(&text,
                        "\nsame class: %d of %d images (%s)\n"
                        "            %d of the %d to which the second gives 0.5 or more (%s)\n"
                        "cosine of the logits: mean %.5f, least %.5f\n"
                        "largest change of a probability: %.4f\n",
                        comparison.agreeing, comparison.images,
                        Percent(static_cast<double>(comparison.agreeing) / comparison.images),
                        comparison.certain_agreeing, comparison.certain,
                        comparison.certain > 0 ? Percent(comparison.agreement()) : "-",
                        comparison.mean_cosine, comparison.least_cosine,
                        comparison.largest_probability_change);
  return text;
}

std::string EvaluationJson(const Evaluation& evaluation) {
  nlohmann::ordered_json json = {{"images", evaluation.images},
                                 {"unreadable", evaluation.unreadable.size()},
                                 {"model", ModelJson(evaluation.model)}};
  if (evaluation.against) json["against"] = ModelJson(*evaluation.against);
  if (evaluation.comparison) {
    const LogitsComparison& comparison = *evaluation.comparison;
    json["comparison"] = {{"agreeing", comparison.agreeing},
                          {"certain", comparison.certain},
                          {"certain_agreeing", comparison.certain_agreeing},
                          {"mean_cosine", comparison.mean_cosine},
                          {"least_cosine", comparison.least_cosine},
                          {"largest_probability_change", comparison.largest_probability_change}};
  }
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

Matrix ConfusionPicture(const ModelEvaluation& model) {
  const ConfusionMatrix& confusion = model.scores->confusion();
  const std::vector<ClassQuality> qualities = confusion.per_class();
  std::vector<int> shown;
  Matrix matrix;
  for (int i = 0; i < confusion.classes(); ++i) {
    const auto index = static_cast<std::size_t>(i);
    const bool occurs = qualities[index].images > 0 || qualities[index].predicted > 0;
    if (!occurs && confusion.classes() > kMostClasses) continue;
    shown.push_back(i);
    matrix.names.push_back(model.label_names[index]);
  }
  matrix.count = [&confusion, shown = std::move(shown)](int row, int column) {
    return confusion.count(shown[static_cast<std::size_t>(row)],
                           shown[static_cast<std::size_t>(column)]);
  };
  matrix.row_title = "class";
  matrix.column_title = "taken for";
  return matrix;
}

}  // namespace avocet
