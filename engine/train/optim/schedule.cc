#include "engine/train/optim/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "absl/strings/str_cat.h"

namespace avocet {
namespace {

constexpr ScheduleKind kSchedules[] = {ScheduleKind::kConstant, ScheduleKind::kStep,
                                       ScheduleKind::kCosine, ScheduleKind::kOneCycle};

// PyTorch's div_factor and final_div_factor.
constexpr double kOneCycleStart = 1.0 / 25;
constexpr double kOneCycleEnd = kOneCycleStart / 1e4;

// From `begin` at 0 to `end` at 1 along half a cosine.
double Anneal(double begin, double end, double position) {
  return end + (begin - end) / 2 * (1 + std::cos(std::numbers::pi * position));
}

double OneCycle(const ScheduleOptions& options, double step) {
  const auto peak = static_cast<double>(std::max<std::int64_t>(options.warmup_steps - 1, 0));
  if (step < peak) return Anneal(kOneCycleStart, 1, step / peak);
  const double last = std::max(static_cast<double>(options.total_steps) - 1, peak + 1);
  return Anneal(1, kOneCycleEnd, (step - peak) / (last - peak));
}

double Factor(const ScheduleOptions& options, std::int64_t step) {
  const auto total = static_cast<double>(options.total_steps);
  switch (options.kind) {
    case ScheduleKind::kConstant:
      return 1;
    case ScheduleKind::kStep:
      return std::pow(options.step_factor, static_cast<double>(step / options.step_steps));
    case ScheduleKind::kCosine:
      return Anneal(1, options.final_factor, static_cast<double>(step) / total);
    case ScheduleKind::kOneCycle:
      break;
  }
  return OneCycle(options, static_cast<double>(step));
}

}  // namespace

std::string_view ScheduleName(ScheduleKind kind) {
  switch (kind) {
    case ScheduleKind::kConstant:
      return "constant";
    case ScheduleKind::kStep:
      return "step";
    case ScheduleKind::kCosine:
      return "cosine";
    case ScheduleKind::kOneCycle:
      break;
  }
  return "one-cycle";
}

absl::StatusOr<ScheduleKind> ParseSchedule(std::string_view name) {
  for (const ScheduleKind kind : kSchedules) {
    if (ScheduleName(kind) == name) return kind;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("expected a schedule (constant, step, cosine, one-cycle), found \"",
                   absl::string_view(name.data(), name.size()), "\""));
}

double LearningRate(const ScheduleOptions& options, std::int64_t step) {
  step = std::clamp<std::int64_t>(step, 0, std::max<std::int64_t>(options.total_steps - 1, 0));
  double rate = options.rate * Factor(options, step);
  if (options.kind != ScheduleKind::kOneCycle && step < options.warmup_steps) {
    rate *= static_cast<double>(step + 1) / static_cast<double>(options.warmup_steps);
  }
  return rate;
}

}  // namespace avocet
