// The thread body that classifies images.
#ifndef AVOCET_SERVER_EXECUTOR_H_
#define AVOCET_SERVER_EXECUTOR_H_

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "engine/image/decode.h"
#include "engine/image/preprocessor.h"
#include "server/batch_queue.h"
#include "server/classify_call.h"
#include "server/clock.h"
#include "server/metrics.h"
#include "server/model_plans.h"
#include "server/model_table.h"
#include "server/plan_inbox.h"
#include "server/plan_shelf.h"

namespace avocet {

using ImageQueue = BatchQueue<ImageJob>;

// Takes images from the queue, one batch after the other, and answers them. All of it belongs to
// the thread that calls `Prepare` and `Run`; plans made elsewhere come through shelf and inbox.
// Whoever changes the registry, or puts something there, interrupts the queue.
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
    int wide_threads = 1;   // for a lone image
    int size_variants = 4;  // of models for images of other sizes, whose plans are kept
  };

  Executor(const Environment& environment, std::shared_ptr<PlanInbox> inbox)
      : environment_(environment), inbox_(std::move(inbox)) {}

  // Compiles the first plan of every model in the registry, so that no request waits for that.
  absl::Status Prepare();

  // Answers batches until the queue is closed and empty.
  void Run();

 private:
  struct Prepared {
    ModelPlans plans;
    // Of a model for images of another size: nobody else keeps it between requests.
    std::shared_ptr<const ServedModel> variant = nullptr;
    int64_t last_used = 0;  // in batches of this executor
  };
  // Keeps no model of the table alive: when the last request for one has been answered, its plans
  // can go.
  using PreparedModels = std::map<std::weak_ptr<const ServedModel>, Prepared, std::owner_less<>>;

  int MaxBatchSize(const std::shared_ptr<const ServedModel>& model) const;
  // Takes over the plans of models that came since, and frees those of models that are gone.
  void FollowRegistry();
  // Takes over what the inbox holds.
  void AdoptPlans();
  // Frees the plans of the variants used least lately, until one more may be kept.
  void MakeRoomForVariant();
  absl::StatusOr<PreparedModels::iterator> Compile(const std::shared_ptr<const ServedModel>& model);
  // The plans of `Prepare`, or those on the shelf; where neither has any, a plan for single images,
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
  const std::shared_ptr<PlanInbox> inbox_;
  int64_t batches_ = 0;
  PreparedModels prepared_;

  // Reused from image to image.
  Image image_;
  Preprocessor::Scratch scratch_;
  std::vector<ImageJob> rows_;  // whose pixels are in the plan's input, by row
  std::vector<float> probabilities_;
  std::vector<int> top_;
};

}  // namespace avocet

#endif  // AVOCET_SERVER_EXECUTOR_H_
