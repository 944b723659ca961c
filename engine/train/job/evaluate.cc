#include "engine/train/job/evaluate.h"

#include <algorithm>
#include <span>
#include <string>
#include <utility>

#include "engine/base/status.h"
#include "engine/train/data/sample_reader.h"
#include "engine/train/mpi/agreement.h"

namespace avocet {

absl::StatusOr<ClassificationScores> Evaluate(Plan& plan, BatchSource& source, int classes,
                                              WorstMistakes* mistakes,
                                              const std::atomic<bool>* stop) {
  ClassificationScores scores(classes);
  const auto plan_rows = static_cast<std::size_t>(plan.batch_size());
  const std::size_t row_size = plan.input().size() / plan_rows;
  RETURN_IF_ERROR(source.Start(0, 0));
  while (true) {
    if (stop != nullptr && stop->load()) return absl::CancelledError("stopped while validating");
    ASSIGN_OR_RETURN(const Batch* batch, source.Next());
    if (batch == nullptr) return scores;
    const auto rows = static_cast<std::size_t>(batch->rows);
    for (std::size_t row = 0; row < rows; row += plan_rows) {
      const std::size_t count = std::min(plan_rows, rows - row);
      std::ranges::copy(std::span(batch->images).subspan(row * row_size, count * row_size),
                        plan.input().begin());
      plan.Run();
      const auto labels = std::span(batch->labels).subspan(row, count);
      scores.Add(plan.logits(), labels);
      if (mistakes == nullptr) continue;
      mistakes->Add(plan.logits(), std::span(batch->samples).subspan(row, count), labels);
    }
  }
}

absl::StatusOr<std::optional<ClassificationScores>> Validate(const PhaseInputs& inputs,
                                                             const Phase& phase,
                                                             const Parameters& finished,
                                                             WorstMistakes* mistakes) {
  if (phase.validation == nullptr) return std::nullopt;
  ProcessGroup* const group = inputs.group;
  ASSIGN_OR_RETURN(const ValidationPlan validation,
                   Agree(group, MakeValidationPlan(inputs, phase.graph, finished)));
  ASSIGN_OR_RETURN(
      ClassificationScores scores,
      AgreeToStop(group, Evaluate(*validation.plan, *phase.validation,
                                  inputs.network->model.num_classes, mistakes, inputs.stop)));
  if (group == nullptr) return scores;
  scores.SumOver(*group);
  if (mistakes != nullptr) mistakes->MergeOver(*group);
  return scores;
}

std::vector<Mistake> MistakesOf(const WorstMistakes& mistakes, const Dataset& images) {
  std::vector<Mistake> found;
  std::string encoded;
  for (const WorstMistakes::Entry& entry : mistakes.entries()) {
    Mistake mistake{.source = NameOf(images.samples[static_cast<std::size_t>(entry.image)]),
                    .label = entry.label,
                    .predicted = entry.predicted,
                    .confidence = entry.confidence,
                    .picture = {}};
    // Without its picture a mistake still has a name.
    ReadSample(images, entry.image, /*grey=*/false, &encoded, &mistake.picture).IgnoreError();
    found.push_back(std::move(mistake));
  }
  return found;
}

}  // namespace avocet
