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
#include "server/clock.h"
#include "server/served_model.h"

namespace avocet {

// Times plans of 1, 2, 4 and 8 images of `model`, as far as `max_batch_size` allows, by `clock`,
// and logs what that says. Compiles on the calling thread.
absl::StatusOr<BatchSchedule> MeasureSchedule(const ServedModel& model, int max_batch_size,
                                              const ServerClock& clock);

// Belongs to one thread at a time.
class ModelPlans {
 public:
  // Compiles and runs once: a single-threaded plan for every size that `schedule` keeps, and where
  // `wide_threads` > 1 one for a single image on that many threads.
  static absl::StatusOr<ModelPlans> Compile(const ServedModel& model, BatchSchedule schedule,
                                            int wide_threads);

  // The plan to run next when `images` (1 or more) are at hand; may be larger or smaller.
  Plan& For(int images) { return *plans_.at(schedule_.Next(images)); }
  int largest_batch_size() const { return schedule_.largest(); }

  // For one image on all cores; nullptr where one thread is all there is.
  Plan* wide() { return wide_.get(); }

  // Where row `row` of the plan's input and output is.
  std::span<float> InputRow(Plan& plan, size_t row) const;
  std::span<const float> LogitsRow(const Plan& plan, size_t row) const;

 private:
  ModelPlans(const ServedModel& model, BatchSchedule schedule);

  BatchSchedule schedule_;
  size_t input_size_;                           // floats an image
  size_t output_size_;                          // floats an image
  std::map<int, std::unique_ptr<Plan>> plans_;  // by batch size
  std::unique_ptr<Plan> wide_;
};

}  // namespace avocet

#endif  // AVOCET_SERVER_MODEL_PLANS_H_
