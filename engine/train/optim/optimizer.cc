#include "engine/train/optim/optimizer.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "engine/train/optim/parameter_chunks.h"
#include "engine/train/optim/update_kernels.h"

namespace avocet {
namespace {

constexpr OptimizerKind kOptimizers[] = {OptimizerKind::kSgd, OptimizerKind::kAdam,
                                         OptimizerKind::kAdamW, OptimizerKind::kRmsProp};

bool KeepsSquares(OptimizerKind kind) { return kind != OptimizerKind::kSgd; }

using Factors = std::variant<SgdFactors, AdamFactors, RmsPropFactors>;

AdamFactors MakeAdamFactors(const OptimizerOptions& options, double rate, double gradient_scale,
                            double decay, double steps) {
  const bool decoupled = options.kind == OptimizerKind::kAdamW;
  const double first_correction = 1 - std::pow(options.beta1, steps);
  const double second_correction = 1 - std::pow(options.beta2, steps);
  return {.rate = static_cast<float>(rate / first_correction),
          .gradient_scale = static_cast<float>(gradient_scale),
          .l2 = decoupled ? 0.0f : static_cast<float>(decay),
          .shrink = decoupled ? static_cast<float>(1 - rate * decay) : 1.0f,
          .beta1 = static_cast<float>(options.beta1),
          .beta2 = static_cast<float>(options.beta2),
          .inverse_root = static_cast<float>(1 / std::sqrt(second_correction)),
          .epsilon = static_cast<float>(options.epsilon)};
}

// `steps` counts the coming one.
Factors MakeFactors(const OptimizerOptions& options, const TrainedParameter& trained,
                    const Optimizer::StepOptions& step, double steps) {
  const double rate = step.learning_rate * trained.rate_factor;
  const double decay = trained.decays || options.decays_all ? options.weight_decay : 0;
  const auto scale = static_cast<float>(step.gradient_scale);
  switch (options.kind) {
    case OptimizerKind::kSgd:
      return SgdFactors{.rate = static_cast<float>(rate),
                        .gradient_scale = scale,
                        .l2 = static_cast<float>(decay),
                        .mu = static_cast<float>(options.momentum),
                        .nesterov = options.nesterov};
    case OptimizerKind::kAdam:
    case OptimizerKind::kAdamW:
      return MakeAdamFactors(options, rate, step.gradient_scale, decay, steps);
    case OptimizerKind::kRmsProp:
      break;
  }
  return RmsPropFactors{.rate = static_cast<float>(rate),
                        .gradient_scale = scale,
                        .l2 = static_cast<float>(decay),
                        .alpha = static_cast<float>(options.alpha),
                        .mu = static_cast<float>(options.momentum),
                        .epsilon = static_cast<float>(options.epsilon)};
}

void Update(const UpdateSpan& span, const SgdFactors& factors) { UpdateSgd(span, factors); }
void Update(const UpdateSpan& span, const AdamFactors& factors) { UpdateAdam(span, factors); }
void Update(const UpdateSpan& span, const RmsPropFactors& factors) { UpdateRmsProp(span, factors); }

}  // namespace

std::vector<TrainedParameter> TrainedParameters(std::span<const ParameterSpec> specs) {
  std::vector<TrainedParameter> trained;
  for (const ParameterSpec& spec : specs) {
    if (!spec.trainable) continue;
    trained.push_back({.spec = spec, .decays = spec.shape.size() > 1});
  }
  return trained;
}

std::string_view OptimizerName(OptimizerKind kind) {
  switch (kind) {
    case OptimizerKind::kSgd:
      return "sgd";
    case OptimizerKind::kAdam:
      return "adam";
    case OptimizerKind::kAdamW:
      return "adamw";
    case OptimizerKind::kRmsProp:
      break;
  }
  return "rmsprop";
}

absl::StatusOr<OptimizerKind> ParseOptimizer(std::string_view name) {
  for (const OptimizerKind kind : kOptimizers) {
    if (OptimizerName(kind) == name) return kind;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("expected an optimizer (sgd, adam, adamw, rmsprop), found \"",
                   absl::string_view(name.data(), name.size()), "\""));
}

Optimizer::Optimizer(const OptimizerOptions& options, std::vector<TrainedParameter> trained)
    : options_(options), trained_(std::move(trained)) {
  for (const TrainedParameter& parameter : trained_) {
    const ParameterSpec& spec = parameter.spec;
    state_specs_.push_back({spec.name + ".momentum", spec.shape});
    if (KeepsSquares(options_.kind)) state_specs_.push_back({spec.name + ".square", spec.shape});
    state_specs_.push_back({spec.name + ".steps", {1}});
  }
  state_ = Parameters(state_specs_);
  if (options_.kind != OptimizerKind::kRmsProp) return;
  for (const TrainedParameter& parameter : trained_) {
    std::ranges::fill(state_.Get(parameter.spec.name + ".square"), 1.0f);
  }
}

void Optimizer::Step(Parameters& parameters, const Parameters& gradients,
                     const StepOptions& options) {
  std::vector<UpdateSpan> views;
  std::vector<std::size_t> sizes;
  std::vector<Factors> factors;
  for (const TrainedParameter& trained : trained_) {
    const std::string& name = trained.spec.name;
    if (!gradients.Has(name)) continue;
    const std::span<float> values = parameters.Get(name);
    float* const square =
        KeepsSquares(options_.kind) ? state_.Get(name + ".square").data() : nullptr;
    views.push_back({values.data(), gradients.Get(name).data(),
                     state_.Get(name + ".momentum").data(), square, values.size()});
    sizes.push_back(values.size());
    float& steps = state_.Get(name + ".steps")[0];
    steps += 1;
    factors.push_back(MakeFactors(options_, trained, options, steps));
  }
  const std::vector<ParameterChunk> chunks = SplitIntoChunks(sizes);
  ForEachChunk(chunks.size(), [&](std::size_t i) {
    const ParameterChunk& chunk = chunks[i];
    UpdateSpan span = views[chunk.view];
    span.parameter += chunk.offset;
    span.gradient += chunk.offset;
    span.momentum += chunk.offset;
    if (span.square != nullptr) span.square += chunk.offset;
    span.count = chunk.count;
    std::visit([&](const auto& rule) { Update(span, rule); }, factors[chunk.view]);
  });
}

}  // namespace avocet
