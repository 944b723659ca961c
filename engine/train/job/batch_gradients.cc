#include "engine/train/job/batch_gradients.h"

#include <algorithm>
#include <span>
#include <string>

namespace avocet {
namespace {

// Rows whose largest logit is that of their label. Class weights make the largest target say
// something else.
std::int64_t CountCorrect(std::span<const float> logits, std::span<const int> labels) {
  const std::size_t classes = logits.size() / labels.size();
  std::int64_t correct = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto row = logits.subspan(i * classes, classes);
    correct += std::ranges::max_element(row) - row.begin() == labels[i];
  }
  return correct;
}

}  // namespace

BatchGradients ComputeGradients(const PhaseInputs& inputs, const Batch& batch, std::int64_t step,
                                Parameters& parameters, Phase& phase) {
  TrainingPlan& plan = *phase.plan;
  const train::v1::RunConfig& run = inputs.config->run();
  const int parts = run.accumulate();
  const auto rows = static_cast<std::size_t>(PartSize(inputs));
  const std::size_t pixels = plan.input().size();
  const std::size_t row_targets = plan.targets().size();
  const Collective* const group = inputs.group;
  const int processes = group == nullptr ? 1 : group->size();
  const int rank = group == nullptr ? 0 : group->rank();
  BatchGradients result;
  for (int part = 0; part < parts; ++part) {
    const auto p = static_cast<std::size_t>(part);
    const auto targets = std::span(batch.targets).subspan(p * row_targets, row_targets);
    std::ranges::copy(std::span(batch.images).subspan(p * pixels, pixels), plan.input().begin());
    std::ranges::copy(targets, plan.targets().begin());
    // Another mask for every part of every step, the same ones after a resume.
    const std::int64_t draw = (step * parts + part) * processes + rank;
    // Until the last part they are not final.
    if (phase.reducer != nullptr && part == parts - 1) {
      plan.set_on_gradient([&](const std::string& name) { phase.reducer->OnGradient(name); });
    }
    result.loss +=
        plan.Step(parameters, {.seed = run.seed() ^ (static_cast<std::uint64_t>(draw) << 16),
                               .accumulate = part > 0,
                               .gradient_scale = 1.0f / static_cast<float>(parts)}) /
        parts;
    result.correct +=
        CountCorrect(plan.logits(), std::span(batch.main_labels).subspan(p * rows, rows));
  }
  if (phase.reducer != nullptr) {
    plan.set_on_gradient(nullptr);
    phase.reducer->Finish();
  }
  return result;
}

}  // namespace avocet
