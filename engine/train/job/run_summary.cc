#include "engine/train/job/run_summary.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <numeric>
#include <set>
#include <span>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/graph/parameter_spec.h"
#include "engine/train/data/inspect.h"
#include "engine/train/job/config_options.h"
#include "engine/train/report/data_lists.h"
#include "google/protobuf/text_format.h"

namespace avocet {
namespace {

// Classes that the summary lists; of more, those with the most and the fewest images.
constexpr std::size_t kListedClasses = 20;

std::int64_t Sum(std::span<const std::int64_t> counts) {
  std::int64_t sum = 0;
  for (const std::int64_t count : counts) sum += count;
  return sum;
}

void AppendClasses(const RunFacts& facts, std::string& text) {
  const std::size_t classes = facts.class_names.size();
  std::vector<std::size_t> rows(classes);
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  const bool shortened = classes > kListedClasses;
  if (shortened) {
    std::ranges::stable_sort(rows, std::ranges::greater(),
                             [&](std::size_t row) { return facts.train_images[row]; });
  }
  std::size_t width = 0;
  for (const std::string& name : facts.class_names) width = std::max(width, name.size());
  for (std::size_t i = 0; i < classes; ++i) {
    if (shortened && i == kListedClasses / 2) {
      absl::StrAppend(&text, "  ... ", classes - kListedClasses, " more classes, all in ",
                      kClassesFile, " of the run's folder\n");
      i = classes - kListedClasses / 2;
    }
    const std::size_t row = rows[i];
    absl::StrAppendFormat(&text, "  %-*s %6d %6d\n", static_cast<int>(width),
                          facts.class_names[row], facts.train_images[row],
                          facts.validation_images.empty() ? 0 : facts.validation_images[row]);
  }
}

}  // namespace

DataFindings LookAtData(const train::v1::TrainingConfig& config, const TrainingData& data,
                        const std::atomic<bool>& stop) {
  using Clock = std::chrono::steady_clock;
  if (config.data().inspect() == "none") return {};
  const auto limit = std::chrono::duration<double>(config.data().inspect_seconds());
  const Clock::time_point begin = Clock::now();
  const DatasetReport report =
      Inspect(data, {.decode = config.data().inspect() == "decode",
                     .threads = config.run().threads(),
                     .stop = [&] { return stop.load() || Clock::now() - begin >= limit; }});
  SkippedByName skipped;
  for (const auto* part : {&report.train_unreadable, &report.validation_unreadable}) {
    for (const auto& [name, reason] : *part) skipped.emplace(name, reason);
  }
  return {NotesOf(report), GatherSkipped(/*group=*/nullptr, skipped)};
}

RunFacts FactsOf(const TrainerInputs& inputs, const Trainer& trainer) {
  const train::v1::TrainingConfig& config = *inputs.phase.config;
  const TrainedNetwork& network = *inputs.network;
  RunFacts facts;
  facts.architecture = network.model.architecture;
  facts.class_names = network.model.label_names;
  facts.parameters = facts.trainable_parameters = CountTrainable(network.graph);
  facts.train_images = inputs.phase.data->train.ClassCounts();
  facts.epochs = config.run().epochs();
  facts.steps_per_epoch = trainer.steps_per_epoch();
  facts.steps_done = trainer.progress().step;
  facts.epochs_done = trainer.progress().epoch;
  facts.batch_size = config.run().batch_size();
  if (inputs.phase.data->validation.size() > 0) {
    facts.validation_images = inputs.phase.data->validation.ClassCounts();
  }
  if (IsFrozenEpoch(config, trainer.progress().epoch)) {
    const auto frozen = FrozenParameters(config, ParameterLayers(network.graph));
    for (const ParameterSpec& spec : network.specs) {
      if (spec.trainable && frozen.ok() && frozen->contains(spec.name)) {
        facts.trainable_parameters -= spec.size();
      }
    }
  }
  const int size = config.data().image_size();
  facts.settings = {
      {"input", absl::StrCat(size, " x ", size, " x ", network.graph.node(0).shape.c)},
      {"begins with", config.network().pretrained().empty()
                          ? absl::StrCat("random weights, seed ", config.run().seed())
                          : absl::StrCat(config.network().pretrained(),
                                         network.replaced_head ? ", with a new classifier" : "")},
      {"precision", std::string(PrecisionName(inputs.phase.precision))},
      {"threads", absl::StrCat(config.run().threads())},
      {"optimizer",
       absl::StrFormat("%s, learning rate %g (%s), weight decay %g", config.optimizer().optimizer(),
                       config.optimizer().learning_rate(), config.optimizer().schedule(),
                       config.optimizer().weight_decay())},
      {"batch", absl::StrCat(config.run().batch_size(), " images")}};
  google::protobuf::TextFormat::PrintToString(config, &facts.configuration);
  return facts;
}

std::string SummaryText(const RunFacts& facts) {
  std::string text = absl::StrFormat("%d images of %d classes to train on, %d to validate on\n",
                                     Sum(facts.train_images), facts.class_names.size(),
                                     Sum(facts.validation_images));
  AppendClasses(facts, text);
  for (const std::string& note : facts.data_notes) absl::StrAppend(&text, "note: ", note, "\n");
  absl::StrAppendFormat(&text, "%s: %.2f million parameters, %.2f million of them trained\n",
                        facts.architecture, static_cast<double>(facts.parameters) / 1e6,
                        static_cast<double>(facts.trainable_parameters) / 1e6);
  for (const auto& [name, value] : facts.settings) {
    absl::StrAppendFormat(&text, "  %-12s %s\n", name, value);
  }
  absl::StrAppend(&text, facts.epochs, " epochs of ", facts.steps_per_epoch, " steps");
  if (facts.steps_done > 0) absl::StrAppend(&text, ", ", facts.steps_done, " steps done");
  return text;
}

}  // namespace avocet
