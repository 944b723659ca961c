#include "engine/onednn/training/tape.h"

#include <algorithm>
#include <memory>

#include "engine/base/check.h"
#include "engine/graph/parameter_spec.h"

namespace avocet {
namespace {

using DataType = dnnl::memory::data_type;

std::size_t Index(NodeId id) { return static_cast<std::size_t>(id); }

// A reorder whose ends are addresses known when it runs.
class Reorder {
 public:
  Reorder(const dnnl::engine& engine, const dnnl::memory::desc& from, const dnnl::memory::desc& to)
      : stream_(engine), from_(from, engine, nullptr), to_(to, engine, nullptr) {
    reorder_ = dnnl::reorder(from_, to_);
  }
  void Run(void* from, void* to) {
    from_.set_data_handle(from);
    to_.set_data_handle(to);
    reorder_.execute(stream_, from_, to_);
  }

 private:
  dnnl::stream stream_;
  dnnl::memory from_;
  dnnl::memory to_;
  dnnl::reorder reorder_;
};

}  // namespace

Tape::Tape(const Graph& graph, const TrainingPlanOptions& options, Emitter* emitter,
           StepState* state)
    : graph_(graph),
      options_(options),
      emitter_(emitter),
      state_(state),
      results_(graph.nodes().size()),
      gradients_(graph.nodes().size()),
      backward_(graph.nodes().size()) {
  for (const std::vector<NodeId>& readers : graph.Consumers()) {
    only_reader_.push_back(readers.size() == 1 ? readers[0] : -1);
  }
  for (NodeId id = 0; id < graph.size(); ++id) {
    bool needs = false;
    for (const ParameterSpec& spec : NodeParameters(graph, id)) {
      needs |= spec.trainable && IsTrainable(spec.name);
    }
    for (const NodeId input : graph.node(id).inputs) needs |= NeedsGradient(input);
    needs_gradient_.push_back(needs);
  }
}

NodeId Tape::OnlyReader(NodeId id) const { return only_reader_[Index(id)]; }

bool Tape::HasResult(NodeId id) const { return results_[Index(id)].id >= 0; }

void Tape::SetResult(NodeId id, const TensorRef& result) { results_[Index(id)] = result; }

const TensorRef& Tape::Result(NodeId id) const {
  AVOCET_CHECK(HasResult(id));
  return results_[Index(id)];
}

const TensorRef& Tape::Input(NodeId id, std::size_t index) const {
  return Result(graph_.node(id).inputs[index]);
}

dnnl::memory Tape::Parameter(const std::string& name, const dnnl::memory::desc& desc) {
  for (const BoundParameter& bound : bound_) {
    if (bound.name == name && bound.memory.get_desc() == desc) return bound.memory;
  }
  bound_.push_back({name, dnnl::memory(desc, emitter_->engine(), nullptr)});
  return bound_.back().memory;
}

dnnl::memory Tape::Vector(const std::string& name, std::int64_t size) {
  return Parameter(name, {{size}, DataType::f32, dnnl::memory::format_tag::x});
}

Emitter::Argument Tape::Weights(const std::string& name, const dnnl::memory::desc& plain,
                                const dnnl::memory::desc& wanted) {
  const dnnl::memory parameter = Parameter(name, plain);
  if (plain == wanted) return parameter;
  const TensorRef packed = emitter_->NewTensor(wanted);
  const dnnl::reorder::primitive_desc descriptor(emitter_->engine(), plain, emitter_->engine(),
                                                 wanted, Emitter::Attributes());
  emitter_->Step<dnnl::reorder>(name, descriptor,
                                {{DNNL_ARG_FROM, parameter}, {DNNL_ARG_TO, packed}});
  return packed;
}

void Tape::OnBackward(NodeId id, Backward emit) { backward_[Index(id)] = std::move(emit); }

void Tape::AddGradient(NodeId id, std::size_t index, const TensorRef& diff) {
  AddResultGradient(graph_.node(id).inputs[index], diff);
}

void Tape::AddResultGradient(NodeId id, const TensorRef& diff) {
  if (NeedsGradient(id)) gradients_[Index(id)].push_back(diff);
}

TensorRef Tape::SumOfGradients(NodeId id) {
  const std::string& name = graph_.node(id).name;
  TensorRef sum;
  for (const TensorRef& part : gradients_[Index(id)]) {
    const TensorRef diff = emitter_->Convert(name + ".diff", part, emitter_->type());
    if (sum.id < 0) {
      sum = diff;
      continue;
    }
    const dnnl::binary::primitive_desc descriptor(emitter_->engine(), dnnl::algorithm::binary_add,
                                                  sum.desc, diff.desc, sum.desc,
                                                  Emitter::Attributes());
    const TensorRef dst = emitter_->NewTensor(sum.desc);
    emitter_->Step<dnnl::binary>(
        name + ".diff", descriptor,
        {{DNNL_ARG_SRC_0, sum}, {DNNL_ARG_SRC_1, diff}, {DNNL_ARG_DST, dst}});
    sum = dst;
  }
  return sum;
}

void Tape::StoreGradient(const std::string& name, const TensorRef& diff,
                         const dnnl::memory::desc& plain) {
  AVOCET_CHECK(diff.desc.get_data_type() == DataType::f32);
  StepState* state = state_;
  float* const gradient = state->gradients.Get(name).data();
  const std::size_t size = state->gradients.Get(name).size();
  AVOCET_CHECK(plain.get_size() == size * sizeof(float));
  state->gradient_order.push_back(name);
  std::shared_ptr<Reorder> reorder;
  std::vector<TensorRef> tensors = {diff};
  if (diff.desc != plain) {
    reorder = std::make_shared<Reorder>(emitter_->engine(), diff.desc, plain);
    tensors.push_back(emitter_->NewTensor(plain));  // for a sum
  }
  emitter_->KernelStep(name + ".diff", "own:store", std::move(tensors),
                       [=](std::span<void* const> addresses) {
                         void* from = addresses[0];
                         if (reorder != nullptr) {
                           void* to = state->accumulate ? addresses[1] : gradient;
                           reorder->Run(from, to);
                           from = to;
                         }
                         const auto* values = static_cast<const float*>(from);
                         if (state->accumulate) {
                           for (std::size_t i = 0; i < size; ++i) gradient[i] += values[i];
                         } else if (values != gradient) {
                           std::copy_n(values, size, gradient);
                         }
                         if (state->on_gradient) state->on_gradient(name);
                       });
}

void Tape::EmitBackward(std::string* node_name) {
  for (NodeId id = graph_.output(); id > 0; --id) {
    if (gradients_[Index(id)].empty() || !backward_[Index(id)]) continue;
    *node_name = graph_.node(id).name;
    const TensorRef diff = SumOfGradients(id);
    backward_[Index(id)](diff);
    backward_[Index(id)] = nullptr;
  }
}

}  // namespace avocet
