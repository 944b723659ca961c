// The learning rate as a function of the step.
#ifndef AVOCET_ENGINE_TRAIN_OPTIM_SCHEDULE_H_
#define AVOCET_ENGINE_TRAIN_OPTIM_SCHEDULE_H_

#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"

namespace avocet {

// kConstant: the same throughout
// kStep:     times `step_factor` after every `step_steps` steps
// kCosine:   half a cosine from the rate down to `final_factor` of it (arXiv 1608.03983)
// kOneCycle: up from 1/25 to the rate, which the last step of the warm-up has, then down to
//            1/250000, both along cosines (arXiv 1708.07120 with PyTorch's constants)
enum class ScheduleKind { kConstant, kStep, kCosine, kOneCycle };

// "constant", "step", "cosine", "one-cycle".
std::string_view ScheduleName(ScheduleKind kind);
// INVALID_ARGUMENT, with all names, for any other.
absl::StatusOr<ScheduleKind> ParseSchedule(std::string_view name);

struct ScheduleOptions {
  ScheduleKind kind = ScheduleKind::kCosine;
  double rate = 1e-3;             // the largest
  std::int64_t total_steps = 1;   // of the run
  std::int64_t warmup_steps = 0;  // over these the rate is scaled by (step + 1) / warmup_steps; of
                                  // kOneCycle: the part that rises
  double final_factor = 0.0;      // of kCosine
  double step_factor = 0.1;       // of kStep
  std::int64_t step_steps = 1;    // of kStep

  bool operator==(const ScheduleOptions&) const = default;
};

// For the step `step`, counted from 0. Beyond total_steps, what it was at the end.
double LearningRate(const ScheduleOptions& options, std::int64_t step);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_OPTIM_SCHEDULE_H_
