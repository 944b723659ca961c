// A network ready to be compiled for any number of images, and its weights.
//
//   auto model = InferenceModel::Create(graph, std::move(parameters));
//   auto plan = model->Compile({.batch_size = 1, .height = 224, .width = 224, .threads = 2});
//   std::copy(pixels.begin(), pixels.end(), plan->input().begin());
//   plan->Run();
//   Use(plan->logits());
#ifndef AVOCET_ENGINE_ONEDNN_INFERENCE_MODEL_H_
#define AVOCET_ENGINE_ONEDNN_INFERENCE_MODEL_H_

#include <cstddef>
#include <memory>
#include <optional>

#include "absl/status/statusor.h"
#include "engine/graph/graph.h"
#include "engine/graph/parameters.h"
#include "engine/graph/quantization.h"
#include "engine/onednn/inference_plan.h"

namespace avocet {

// What a plan is compiled for.
struct PlanOptions {
  int batch_size = 1;
  int height = 224;
  int width = 224;
  int threads = 1;
  Precision precision = Precision::kFloat32;
  // Whether InferencePlan::Observe is to see the result of every node; costs speed.
  bool observable = false;
  const Quantization* quantization = nullptr;  // for int8, instead of the model's own
};

// Whether the CPU multiplies bfloat16 numbers itself. Without that, plans of bfloat16 are slower
// than those of float32, or do not compile.
bool HasBFloat16Instructions();

// The graph after the inference passes, and one copy of the weights for all plans. Thread-safe.
// Outlives no plan: plans keep what they use.
class InferenceModel {
 public:
  // Takes a plain graph, as a Backbone builds it, with all of its parameters; plans of int8 need a
  // quantization too.
  static std::unique_ptr<InferenceModel> Create(
      const Graph& graph, Parameters parameters,
      std::optional<Quantization> quantization = std::nullopt);
  ~InferenceModel();

  // Compiles on the calling thread. INVALID_ARGUMENT for sizes that the network cannot take, and
  // for int8 without a quantization or with one that does not fit the graph. The first plan decides
  // what is kept of the weights: after one in bfloat16 or int8, float32 is INTERNAL; the other way
  // round both work.
  absl::StatusOr<std::unique_ptr<InferencePlan>> Compile(const PlanOptions& options) const;

  // After the passes.
  const Graph& graph() const;
  // Whether plans of int8 can be had.
  bool has_quantization() const;
  // Bytes of packed weights, and how many of those are second layouts of the same weights.
  std::size_t weight_bytes() const;
  std::size_t duplicate_weight_bytes() const;

 private:
  struct State;
  std::unique_ptr<State> state_;

 public:
  explicit InferenceModel(std::unique_ptr<State> state);  // for `Create` alone
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_ONEDNN_INFERENCE_MODEL_H_
