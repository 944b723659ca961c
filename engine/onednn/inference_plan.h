// A network compiled for one batch size, image size and thread count.
#ifndef AVOCET_ENGINE_ONEDNN_INFERENCE_PLAN_H_
#define AVOCET_ENGINE_ONEDNN_INFERENCE_PLAN_H_

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/plan.h"
#include "engine/base/precision.h"
#include "engine/graph/graph.h"
#include "engine/graph/quantization.h"

namespace avocet {

class WeightStore;

// One step of a plan, and how long it takes.
struct StepProfile {
  std::string name;            // of the node
  std::string implementation;  // oneDNN's, for example "brgemm:avx512_core"
  double seconds;              // median over runs
};

// Owns its program and its arena; shares packed weights. Writing `input` is the caller's before
// every `Run`, which may overwrite it. See `Plan` for threads.
class InferencePlan : public Plan {
 public:
  struct Options {
    int threads = 1;
    Precision precision = Precision::kFloat32;
    const Quantization* quantization = nullptr;  // int8 needs one, which fits the graph
    bool observable = false;                     // as in PlanOptions
  };
  // Compiles `graph`, of the final shape. Exceptions of oneDNN become INTERNAL, naming the node.
  // Use InferenceModel::Compile.
  static absl::StatusOr<std::unique_ptr<InferencePlan>> Compile(const Graph& graph,
                                                                WeightStore* weights,
                                                                const Options& options);
  ~InferencePlan() override;

  int batch_size() const override;
  std::span<float> input() override;
  void Run() override;
  std::span<const float> logits() const override;

  // Runs `runs` times (at least once), like `Run`, with a look at the clock after every step.
  std::vector<StepProfile> Profile(int runs);

  // Only for observable plans. Like `Run`, and calls visit(name, values) for each node in order,
  // the input included, when its result is there: float32, channels last. Results of other types
  // are left out, and so are those of padded layouts.
  using Visit = std::function<void(std::string_view name, std::span<const float> values)>;
  void Observe(const Visit& visit);

  int step_count() const;
  std::size_t arena_bytes() const override;
  // One line a step: node and oneDNN's implementation.
  std::string DebugString() const;

 private:
  struct State;
  std::unique_ptr<State> state_;

 public:
  explicit InferencePlan(std::unique_ptr<State> state);  // for `Compile` alone
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_ONEDNN_INFERENCE_PLAN_H_
