// Writes a Program while a graph is lowered: tensors are promises until `Finish` gives them memory.
#ifndef AVOCET_ENGINE_ONEDNN_EMITTER_H_
#define AVOCET_ENGINE_ONEDNN_EMITTER_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "dnnl.hpp"
#include "engine/base/shape.h"
#include "engine/onednn/program.h"
#include "engine/onednn/row_step.h"
#include "engine/onednn/tensor_ref.h"
#include "engine/onednn/turn_options.h"
#include "engine/onednn/weight_store.h"

namespace avocet {

// Lowering functions throw dnnl::error; whoever drives them catches it. Not thread-safe.
class Emitter {
 public:
  // Activations and weights of the program are of `type`, except for its first and its last tensor,
  // which are float32.
  Emitter(dnnl::engine engine, WeightStore* weights, dnnl::memory::data_type type);

  const dnnl::engine& engine() const { return engine_; }
  // Attributes that every primitive of a program has: its scratchpad is a tensor of the arena.
  static dnnl::primitive_attr Attributes();

  dnnl::memory::data_type type() const { return type_; }
  // [N, C, H, W] of the program's type, channels last in memory: the layout of every activation.
  dnnl::memory::desc Activation(const Shape& shape) const;

  // Who reads the result of the node that is being lowered.
  struct Readers {
    bool has_pool = false;    // a global average pool
    bool only_next = false;   // the next node and no other
    bool take_float = false;  // all of them take float32 from a program of another type
  };
  const Readers& readers() const { return readers_; }
  void set_readers(const Readers& readers) { readers_ = readers; }

  // Before the first row step.
  void set_turns(const TurnOptions& turns) { turns_ = turns; }
  const TurnOptions& turns() const { return turns_; }

  // A tensor of its own.
  TensorRef NewTensor(const dnnl::memory::desc& desc);
  // The bytes of `tensor` under another description: for results in place, and for views.
  TensorRef Alias(const TensorRef& tensor, const dnnl::memory::desc& desc);
  // The values of `tensor` in another type: itself if it has that type, else the result of a step.
  TensorRef Convert(const std::string& name, const TensorRef& tensor, dnnl::memory::data_type type);
  // `tensor` after its multiplication by its gate: itself if it has none, else the result of a
  // step.
  TensorRef Gated(const std::string& name, const TensorRef& tensor);
  // The parameter `name`, plain as `plain`, in the layout that a primitive wants.
  dnnl::memory Weights(const std::string& name, const dnnl::memory::desc& plain,
                       const dnnl::memory::desc& wanted);

  // The same rounded to 8 bits; `is_guarded` as for LargestInt8Weight.
  Int8Weights QuantizedWeights(const std::string& name, const dnnl::memory::desc& plain,
                               const dnnl::memory::desc& wanted, bool is_guarded);
  // A vector that the program reads and never writes.
  dnnl::memory Constant(std::span<const float> values) const;

  using Argument = std::variant<TensorRef, dnnl::memory>;
  using Arguments = std::vector<std::pair<int, Argument>>;

  // Appends a step that runs the primitive of `descriptor`.
  template <typename Primitive>
  void Step(const std::string& name, const typename Primitive::primitive_desc& descriptor,
            Arguments arguments) {
    if (descriptor.scratchpad_desc().get_size() > 0) {
      arguments.emplace_back(DNNL_ARG_SCRATCHPAD, NewTensor(descriptor.scratchpad_desc()));
    }
    Append({name, descriptor.impl_info_str(), Primitive(descriptor), std::move(arguments)});
  }

  // Appends a step that calls `kernel` with the addresses of `tensors`, in their order.
  using Kernel = std::function<void(std::span<void* const> addresses)>;
  void KernelStep(const std::string& name, const std::string& implementation,
                  std::vector<TensorRef> tensors, Kernel kernel);

  // Appends a step over rows: it takes turns with the row steps right before it, where it can.
  void AppendRows(RowStep step);
  // The next row step does not take turns with those so far.
  void EndTurns() { turns_ended_ = steps_.size(); }

  // Remembers that the steps so far leave the result of the node `name` in `tensor`.
  void Observe(const std::string& name, const TensorRef& tensor);

  // Plans the arena and binds every argument. `inputs` are written before the first step, `outputs`
  // read after the last; their memories are returned in that order behind the program.
  std::pair<Program, std::vector<dnnl::memory>> Finish(std::span<const TensorRef> inputs,
                                                       std::span<const TensorRef> outputs) &&;

 private:
  struct PendingStep {
    std::string name;
    std::string implementation;
    dnnl::primitive primitive;
    Arguments arguments;
    Kernel kernel = nullptr;
    std::vector<RowStep> rows = {};  // if any, they are the step
  };
  struct Tensor {
    int root;           // the tensor whose bytes these are
    Lifetime lifetime;  // of the bytes; kept at the root
    // At the root: of each thread's turn, if rows are in such memory during the step that writes
    // them. It is the tensor's own if no other step needs them, else `window`.
    std::size_t part_bytes = 0;
    std::optional<TensorRef> window = std::nullopt;
  };
  struct PendingObservation {
    std::string name;
    std::size_t steps;
    TensorRef tensor;
  };
  void Append(PendingStep step);
  void Extend(const TensorRef& tensor, int step);
  int Root(const TensorRef& tensor) const;
  // Leaves tensors that only the row steps at `position` use the memory for their turns, and gives
  // such memory to large ones that are written there, taken up again and needed later.
  void ShrinkToTurns(int position);
  // The address of the bytes of a tensor.
  using AddressOf = std::function<std::byte*(const TensorRef& tensor)>;
  avocet::Step BindRows(int position, const AddressOf& address) const;

  dnnl::engine engine_;
  WeightStore* weights_;
  dnnl::memory::data_type type_;
  Readers readers_;
  TurnOptions turns_;
  std::size_t turns_ended_ = 0;
  std::vector<Tensor> tensors_;
  std::vector<PendingStep> steps_;
  std::vector<PendingObservation> observations_;
};

// [N, C, H, W], channels last in memory.
dnnl::memory::desc ChannelsLast(const Shape& shape, dnnl::memory::data_type type);

}  // namespace avocet

#endif  // AVOCET_ENGINE_ONEDNN_EMITTER_H_
