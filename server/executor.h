// The thread body that classifies images.
#ifndef AVOCET_SERVER_EXECUTOR_H_
#define AVOCET_SERVER_EXECUTOR_H_

#include <map>
#include <memory>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "engine/image/decode.h"
#include "engine/image/preprocessor.h"
#include "engine/tuning/batch_schedule.h"
#include "server/batch_queue.h"
#include "server/classify_call.h"
#include "server/clock.h"
#include "server/metrics.h"
#include "server/model_plans.h"
#include "server/model_table.h"
#include "server/plan_shelf.h"

namespace avocet {

using ImageQueue = BatchQueue<ImageJob>;

// How to cut batches for each model, measured at start-up.
using Schedules = std::map<const ServedModel*, BatchSchedule>;

// Takes images from the queue, one batch after the other, and answers them. All of it belongs to
// the thread that calls `Prepare` and `Run`. Whoever changes the registry interrupts the queue.
class Executor {
 public:
  // Outlives the executor.
  struct Environment {
    ImageQueue& queue;
    ModelRegistry& registry;
    PlanShelf& shelf;
    Metrics& metrics;
    const ServerClock& clock;
    DecodeOptions decode = {};
    int wide_threads = 1;                    // for a lone image
    ServerClock cost_clock = ThreadCpuTime;  // for measuring what batches cost
  };

  explicit Executor(const Environment& environment) : environment_(environment) {}

  // Compiles the plans of every model in the registry, so that no request waits for that.
  absl::Status Prepare(const Schedules& schedules);

  // Answers batches until the queue is closed and empty.
  void Run();

 private:
  int MaxBatchSize(const std::shared_ptr<const ServedModel>& model) const;
  // Takes over the plans of models that came since, and frees those of models that are gone.
  void FollowRegistry();
  absl::Status Compile(const std::shared_ptr<const ServedModel>& model, BatchSchedule schedule);
  // The plans of `Prepare`, or those on the shelf; where neither has any, plans for single images,
  // compiled now.
  absl::StatusOr<ModelPlans*> PlansFor(const std::shared_ptr<const ServedModel>& model);

  // Ends every job of a batch. The jobs are of one model.
  void Answer(std::span<ImageJob> batch);
  // Brings an image into the network's input. False: the job is ended, and `input` still free.
  bool ReadImage(const ImageJob& job, std::span<float> input);
  // Runs the network on the images of rows_ and ends their jobs.
  void RunRows(ModelPlans& plans, Plan& plan);
  // Writes what the network says about one image, and ends its job.
  void WriteClasses(const ImageJob& job, std::span<const float> logits);

  const Environment environment_;
  // Keeps no model alive: when the last request for one has been answered, its plans can go.
  std::map<std::weak_ptr<const ServedModel>, ModelPlans, std::owner_less<>> prepared_;

  // Reused from image to image.
  Image image_;
  Preprocessor::Scratch scratch_;
  std::vector<ImageJob> rows_;  // whose pixels are in the plan's input, by row
  std::vector<float> probabilities_;
  std::vector<int> top_;
};

}  // namespace avocet

#endif  // AVOCET_SERVER_EXECUTOR_H_
