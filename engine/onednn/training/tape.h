// The backward pass, recorded while the forward pass is lowered: every node leaves a closure that
// emits the steps of its gradients, and running the closures from last to first writes the rest of
// the program.
#ifndef AVOCET_ENGINE_ONEDNN_TRAINING_TAPE_H_
#define AVOCET_ENGINE_ONEDNN_TRAINING_TAPE_H_

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "dnnl.hpp"
#include "engine/graph/graph.h"
#include "engine/onednn/emitter.h"
#include "engine/onednn/training/row_source.h"
#include "engine/onednn/training/step_state.h"
#include "engine/onednn/training/training_plan.h"

namespace avocet {

// A parameter in the caller's buffer, float32 and plain: its address is set before each run.
struct BoundParameter {
  std::string name;
  dnnl::memory memory;
};

// Lowering functions throw dnnl::error. `graph`, `options`, `emitter` and `state` outlive it;
// `state` outlives the program too.
class Tape {
 public:
  Tape(const Graph& graph, const TrainingPlanOptions& options, Emitter* emitter, StepState* state);

  const Graph& graph() const { return graph_; }
  const TrainingPlanOptions& options() const { return options_; }
  Emitter& emitter() { return *emitter_; }
  StepState* state() { return state_; }
  // Of the program's activations.
  dnnl::memory::data_type type() const { return emitter_->type(); }

  const std::vector<NodeId>& Readers(NodeId id) const { return readers_[Index(id)]; }
  // The node that alone reads the result of `id`; -1 if there are none or several.
  NodeId OnlyReader(NodeId id) const;

  // `lower` takes the place of the lowering of the node `id`: a neighbour knows more of it.
  void LowerBy(NodeId id, std::function<void()> lower);
  // Null: its operator's.
  const std::function<void()>& Lowering(NodeId id) const { return lowering_[Index(id)]; }

  // Results of nodes. A node that a neighbour computes along with its own has one early.
  bool HasResult(NodeId id) const;
  void SetResult(NodeId id, const TensorRef& result);
  const TensorRef& Result(NodeId id) const;
  // Of the node that `id` reads as its `index`th input.
  const TensorRef& Input(NodeId id, std::size_t index = 0) const;

  // The result of `id` for its only reader, which computes the rows it needs: it never is in
  // memory.
  void SetRowSource(NodeId id, RowSource source);
  // Of the node that `id` reads; null: its result is in memory.
  const RowSource* InputRows(NodeId id) const;

  // `emit` computes the result of `id` once more, by a row step and from what the backward pass
  // needs anyway, and returns it.
  void OnRecompute(NodeId id, std::function<TensorRef()> emit);
  // For the backward pass of `id`, a row step: `Input`, or the same computed once more where `id`
  // is its only reader. Then nothing but these steps takes it up, and it never is in memory.
  TensorRef InputAgain(NodeId id, std::size_t index = 0);

  // Whether this parameter gets a gradient.
  bool IsTrainable(const std::string& name) const { return !options_.frozen.contains(name); }
  // Whether a gradient for the result of `id` leads to a parameter that gets one.
  bool NeedsGradient(NodeId id) const { return needs_gradient_[Index(id)]; }

  // The parameter `name`, plain as `desc`. Its handle is valid while the program runs.
  dnnl::memory Parameter(const std::string& name, const dnnl::memory::desc& desc);
  // A vector of `size` numbers.
  dnnl::memory Vector(const std::string& name, std::int64_t size);
  // The parameter `name` as a primitive wants it: the result of a step, unless that is `plain`.
  Emitter::Argument Weights(const std::string& name, const dnnl::memory::desc& plain,
                            const dnnl::memory::desc& wanted);

  // Records how to go backward from `id`. `emit` gets the gradient of its result, of the program's
  // type and channels last.
  using Backward = std::function<void(const TensorRef& diff_dst)>;
  void OnBackward(NodeId id, Backward emit);
  // A part of the gradient for the `index`th input of `id`: they add up. Nobody writes over it.
  // `emit_again`, if there is one, computes it once more, by a row step and from what the backward
  // pass keeps anyway, and returns it.
  void AddGradient(NodeId id, std::size_t index, const TensorRef& diff,
                   std::function<TensorRef()> emit_again = nullptr);
  // For a Backward of `id`, which got `diff_dst`: this, or the same computed once more. Then
  // nothing but neighbouring row steps takes up either of the two.
  TensorRef GradientAgain(NodeId id, const TensorRef& diff_dst);
  // The same for the result of `id`.
  void AddResultGradient(NodeId id, const TensorRef& diff);
  // `diff`, float32, is the gradient of `name`, which is plain as `plain`.
  void StoreGradient(const std::string& name, const TensorRef& diff,
                     const dnnl::memory::desc& plain);
  // The same for steps that store it themselves, once a run: what they call with the gradient.
  std::function<void(const float* values)> GradientStore(const std::string& name);
  // For steps that add it up in its place: calls `add` with the sums so far, once a run.
  std::function<void(const std::function<void(float* sums)>& add)> GradientSums(
      const std::string& name);

  // Emits the backward pass, after AddResultGradient of the output. Leaves the name of the node at
  // hand in `node_name`, for whoever catches an exception.
  void EmitBackward(std::string* node_name);

  const std::vector<BoundParameter>& bound_parameters() const { return bound_; }

 private:
  static std::size_t Index(NodeId id) { return static_cast<std::size_t>(id); }

  // The sum of all parts.
  TensorRef SumOfGradients(NodeId id);

  const Graph& graph_;
  const TrainingPlanOptions& options_;
  Emitter* emitter_;
  StepState* state_;
  std::vector<std::vector<NodeId>> readers_;
  std::vector<std::function<void()>> lowering_;
  std::vector<bool> needs_gradient_;
  std::vector<TensorRef> results_;  // id -1: not yet, or a row source
  std::vector<std::optional<RowSource>> row_sources_;
  std::vector<std::function<TensorRef()>> recompute_;
  std::vector<std::vector<TensorRef>> gradients_;
  std::vector<std::function<TensorRef()>> gradient_again_;  // of their last part
  std::vector<Backward> backward_;
  std::vector<BoundParameter> bound_;
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_ONEDNN_TRAINING_TAPE_H_
