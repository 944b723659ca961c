// A network compiled for training: forward, loss and backward for one batch size.
//
//   auto plan = TrainingPlan::Compile(graph, {.batch_size = 32, .height = 224, .width = 224, ...});
//   std::copy(pixels.begin(), pixels.end(), plan->input().begin());
//   std::copy(targets.begin(), targets.end(), plan->targets().begin());
//   const double loss = plan->Step(parameters, {.seed = step});
//   Update(parameters, plan->gradients());
#ifndef AVOCET_ENGINE_ONEDNN_TRAINING_TRAINING_PLAN_H_
#define AVOCET_ENGINE_ONEDNN_TRAINING_TRAINING_PLAN_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/collective.h"
#include "engine/base/precision.h"
#include "engine/graph/graph.h"
#include "engine/graph/parameters.h"
#include "engine/onednn/inference_plan.h"
#include "engine/onednn/turn_options.h"

namespace avocet {

struct TrainingPlanOptions {
  int batch_size = 1;
  int height = 224;
  int width = 224;
  int threads = 1;
  // kFloat32, or kBFloat16: activations and the weights that primitives read are bfloat16;
  // parameters, gradients of parameters, statistics, logits and loss stay float32.
  Precision precision = Precision::kFloat32;
  // Parameters, by name, that stay as they are: they get no gradient, and nothing is computed
  // backward below the first that has one. A batch norm whose weight is frozen normalises with its
  // running statistics and leaves them alone.
  std::set<std::string> frozen = {};
  // If set, batch norms take their statistics over the batches of all its members. Outlives the
  // plan.
  Collective* sync_batch_norm = nullptr;
  TurnOptions turns = {};
};

// Owns activations and gradients, not the parameters. One thread at a time, the one that compiled
// it.
class TrainingPlan {
 public:
  struct StepOptions {
    std::uint64_t seed = 0;  // of the masks of dropout and drop path; the same seed, the same masks
    bool accumulate = false;  // add to the gradients at hand instead of replacing them
    // Factor on the loss before the backward pass, for accumulation: 1 / number of parts.
    float gradient_scale = 1.0f;
  };

  // Takes a plain graph, as a Backbone builds it (no passes). INVALID_ARGUMENT for sizes that the
  // network cannot take, int8, and frozen names that are not parameters; FAILED_PRECONDITION for
  // bfloat16 on a CPU without HasBFloat16Instructions; exceptions of oneDNN become INTERNAL, naming
  // the node.
  static absl::StatusOr<std::unique_ptr<TrainingPlan>> Compile(const Graph& graph,
                                                               const TrainingPlanOptions& options);
  ~TrainingPlan();

  // The caller writes both before every Step.
  std::span<float> input();    // [N, H, W, C], normalised
  std::span<float> targets();  // [N, classes]: what softmax ought to give; rows sum to 1, or to the
                               // weight of their image

  // One forward and one backward pass with the weights in `parameters`, whose running statistics
  // move: by PyTorch's momentum 0.1, with the unbiased variance. Returns the mean over the batch of
  // the cross-entropy, without gradient_scale. Deterministic for a thread count.
  double Step(Parameters& parameters, const StepOptions& options);

  // Of the last Step: [N, classes].
  std::span<const float> logits() const;
  // Of the mean loss, for every trainable parameter that is not frozen, under its name.
  Parameters& gradients();
  const Parameters& gradients() const;
  // The names in `gradients`, in the order in which the backward pass finishes them.
  const std::vector<std::string>& gradient_order() const;
  // Called during Step, on its thread, each time the gradient of `name` is final.
  void set_on_gradient(std::function<void(const std::string& name)> on_gradient);

  // Bytes of activations, their gradients, packed weights and scratchpads.
  std::size_t arena_bytes() const;
  // Runs like Step, `runs` times on the data at hand without moving running statistics, with a look
  // at the clock after every step.
  std::vector<StepProfile> Profile(Parameters& parameters, int runs);

 private:
  struct State;
  std::unique_ptr<State> state_;

 public:
  explicit TrainingPlan(std::unique_ptr<State> state);  // for `Compile` alone
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_ONEDNN_TRAINING_TRAINING_PLAN_H_
