// The compiled plans of one model for one executor.
#ifndef AVOCET_SERVER_MODEL_PLANS_H_
#define AVOCET_SERVER_MODEL_PLANS_H_

#include <cstddef>
#include <map>
#include <memory>
#include <span>

#include "absl/status/statusor.h"
#include "engine/base/plan.h"
#include "engine/tuning/batch_schedule.h"
#include "server/served_model.h"

namespace avocet {

// Belongs to one thread at a time; may be compiled on another one than runs it.
class ModelPlans {
 public:
  // What serving can begin with: compiles and runs once a plan for single images on one thread.
  static absl::StatusOr<ModelPlans> CompileFirst(const ServedModel& model);
  // What may follow: likewise a single-threaded plan for every further size that `schedule` keeps,
  // and where `wide_threads` > 1 one for a single image on that many threads. Only for `Adopt`.
  static absl::StatusOr<ModelPlans> CompileFurther(const ServedModel& model, BatchSchedule schedule,
                                                   int wide_threads);

  // Both at once.
  static absl::StatusOr<ModelPlans> CompileAll(const ServedModel& model, BatchSchedule schedule,
                                               int wide_threads);

  // Takes over the plans and the schedule of `further`, which are the same model's.
  void Adopt(ModelPlans further);

  // The plan to run next when `images` (1 or more) are at hand; may be larger or smaller.
  Plan& For(int images) { return *plans_.at(schedule_.Next(images)); }
  int largest_batch_size() const { return schedule_.largest(); }

  // For one image on all cores; nullptr where one thread is all there is, or no slower.
  Plan* wide() { return wide_.get(); }

  // Where row `row` of the plan's input and output is.
  std::span<float> InputRow(Plan& plan, size_t row) const;
  std::span<const float> LogitsRow(const Plan& plan, size_t row) const;

  // Of all plans.
  size_t arena_bytes() const;

 private:
  ModelPlans(const ServedModel& model, BatchSchedule schedule);

  absl::StatusOr<std::unique_ptr<Plan>> Compile(const ServedModel& model, int batch_size,
                                                int threads) const;

  BatchSchedule schedule_;
  size_t input_size_;                           // floats an image
  size_t output_size_;                          // floats an image
  std::map<int, std::unique_ptr<Plan>> plans_;  // by batch size
  std::unique_ptr<Plan> wide_;
};

}  // namespace avocet

#endif  // AVOCET_SERVER_MODEL_PLANS_H_
