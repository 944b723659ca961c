#include "engine/tool/evaluate_models.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/tool/class_folders.h"
#include "engine/tool/image_files.h"

namespace avocet {
namespace {

constexpr unsigned kSeed = 1;

using Logits = std::vector<std::vector<float>>;

void AddScores(const Logits& logits, int label, std::optional<ClassificationScores>& scores) {
  if (!scores) return;
  for (const std::vector<float>& row : logits) scores->Add(row, {&label, 1});
}

ModelEvaluation Describe(const LoadedModel& model, std::optional<ClassificationScores> scores) {
  const ModelConfig& config = model.config();
  return {model.folder(),     config.architecture, model.precision(),     config.preprocess,
          config.label_names, std::move(scores),   model.input_seconds(), model.network_seconds()};
}

absl::Status CheckClasses(const LoadedModel& model, const LoadedModel& against) {
  if (model.config().num_classes == against.config().num_classes) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(against.folder(), ": expected the ", model.config().num_classes, " classes of ",
                   model.folder(), ", found ", against.config().num_classes));
}

// A model, the logits that it gave, and its scores.
struct Candidate {
  explicit Candidate(LoadedModel loaded) : model(std::move(loaded)) {}

  void Take(Logits added, int label) {
    AddScores(added, label, scores);
    std::ranges::move(added, std::back_inserter(logits));
  }

  LoadedModel model;
  Logits logits;
  std::optional<ClassificationScores> scores;
};

absl::StatusOr<Candidate> LoadCandidate(const std::string& folder, const LoadOptions& options) {
  ASSIGN_OR_RETURN(LoadedModel model, LoadedModel::Load(folder, options));
  return Candidate(std::move(model));
}

}  // namespace

absl::StatusOr<Evaluation> EvaluateModels(const EvaluateOptions& options) {
  ASSIGN_OR_RETURN(std::vector<ImageFile> files, ListImageFiles(options.images));
  ASSIGN_OR_RETURN(Candidate candidate, LoadCandidate(options.model_dir, options.load));
  std::optional<Candidate> against;
  if (!options.against_dir.empty()) {
    ASSIGN_OR_RETURN(against, LoadCandidate(options.against_dir, options.against_load));
    RETURN_IF_ERROR(CheckClasses(candidate.model, against->model));
  }
  ASSIGN_OR_RETURN(const auto classes,
                   MatchClassFolders(files, candidate.model.config().label_names));
  if (!classes.empty()) {
    candidate.scores.emplace(candidate.model.config().num_classes);
    if (against) against->scores.emplace(candidate.model.config().num_classes);
  }
  if (options.max_images > 0) files = Sample(std::move(files), options.max_images, kSeed);

  Evaluation evaluation;
  for (const ImageFile& file : files) {
    const int label = classes.empty() ? 0 : classes.at(file.group);
    absl::StatusOr<Logits> logits = candidate.model.Logits(file.path, options.views);
    if (!logits.ok()) {
      evaluation.unreadable.emplace_back(logits.status().message());
      continue;
    }
    evaluation.images += logits->size();
    candidate.Take(*std::move(logits), label);
    if (!against) {
      candidate.logits.clear();
      continue;
    }
    ASSIGN_OR_RETURN(Logits others, against->model.Logits(file.path, options.views));
    against->Take(std::move(others), label);
  }
  if (evaluation.images == 0) {
    return absl::InvalidArgumentError(absl::StrCat(options.images, ": none of the ", files.size(),
                                                   " pictures can be read; ",
                                                   evaluation.unreadable.front()));
  }
  evaluation.model = Describe(candidate.model, std::move(candidate.scores));
  if (against) {
    evaluation.against = Describe(against->model, std::move(against->scores));
    evaluation.comparison = CompareLogits(against->logits, candidate.logits);
  }
  return evaluation;
}

}  // namespace avocet
