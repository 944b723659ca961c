#include "engine/onednn/training/tape.h"

#include <algorithm>
#include <memory>

#include "engine/base/check.h"
#include "engine/graph/parameter_spec.h"
#include "engine/onednn/team.h"
#include "engine/onednn/training/pack_pairs.h"
#include "engine/onednn/training/sum_step.h"

namespace avocet {
namespace {

using DataType = dnnl::memory::data_type;

// Calls body(begin, end) for parts of `values`, shared among the team where there are many.
template <typename Body>
void ForParts(std::span<const float> values, const Body& body) {
  constexpr std::size_t kPart = 4096;
  const std::size_t parts = (values.size() + kPart - 1) / kPart;
  if (parts <= 1) return body(0, values.size());
  ParallelFor(static_cast<int>(parts), [&](int begin, int end) {
    body(static_cast<std::size_t>(begin) * kPart,
         std::min(static_cast<std::size_t>(end) * kPart, values.size()));
  });
}

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
      readers_(graph.Consumers()),
      lowering_(graph.nodes().size()),
      results_(graph.nodes().size()),
      row_sources_(graph.nodes().size()),
      recompute_(graph.nodes().size()),
      gradients_(graph.nodes().size()),
      gradient_again_(graph.nodes().size()),
      backward_(graph.nodes().size()) {
  for (NodeId id = 0; id < graph.size(); ++id) {
    bool needs = false;
    for (const ParameterSpec& spec : NodeParameters(graph, id)) {
      needs |= spec.trainable && IsTrainable(spec.name);
    }
    for (const NodeId input : graph.node(id).inputs) needs |= NeedsGradient(input);
    needs_gradient_.push_back(needs);
  }
}

NodeId Tape::OnlyReader(NodeId id) const { return Readers(id).size() == 1 ? Readers(id)[0] : -1; }

void Tape::LowerBy(NodeId id, std::function<void()> lower) {
  lowering_[Index(id)] = std::move(lower);
}

bool Tape::HasResult(NodeId id) const {
  return results_[Index(id)].id >= 0 || row_sources_[Index(id)];
}

void Tape::SetResult(NodeId id, const TensorRef& result) { results_[Index(id)] = result; }

const TensorRef& Tape::Result(NodeId id) const {
  AVOCET_CHECK(results_[Index(id)].id >= 0);
  return results_[Index(id)];
}

const TensorRef& Tape::Input(NodeId id, std::size_t index) const {
  return Result(graph_.node(id).inputs[index]);
}

void Tape::SetRowSource(NodeId id, RowSource source) {
  row_sources_[Index(id)] = std::move(source);
}

const RowSource* Tape::InputRows(NodeId id) const {
  const std::optional<RowSource>& source = row_sources_[Index(graph_.node(id).inputs[0])];
  return source ? &*source : nullptr;
}

void Tape::OnRecompute(NodeId id, std::function<TensorRef()> emit) {
  recompute_[Index(id)] = std::move(emit);
}

TensorRef Tape::InputAgain(NodeId id, std::size_t index) {
  const NodeId source = graph_.node(id).inputs[index];
  const bool again = recompute_[Index(source)] && OnlyReader(source) == id;
  return again ? recompute_[Index(source)]() : Result(source);
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
  if (const std::optional<PairLayout> layout = PairLayoutOf(plain, wanted)) {
    return EmitPairLayout(name, *layout, parameter, wanted, *emitter_);
  }
  const TensorRef packed = emitter_->NewTensor(wanted);
  const dnnl::reorder::primitive_desc descriptor(emitter_->engine(), plain, emitter_->engine(),
                                                 wanted, Emitter::Attributes());
  emitter_->Step<dnnl::reorder>(name, descriptor,
                                {{DNNL_ARG_FROM, parameter}, {DNNL_ARG_TO, packed}});
  return packed;
}

void Tape::OnBackward(NodeId id, Backward emit) { backward_[Index(id)] = std::move(emit); }

void Tape::AddGradient(NodeId id, std::size_t index, const TensorRef& diff,
                       std::function<TensorRef()> emit_again) {
  const NodeId source = graph_.node(id).inputs[index];
  AddResultGradient(source, diff);
  gradient_again_[Index(source)] = std::move(emit_again);
}

TensorRef Tape::GradientAgain(NodeId id, const TensorRef& diff_dst) {
  const bool again = gradients_[Index(id)].size() == 1 && gradient_again_[Index(id)];
  if (!again) return diff_dst;
  // It is for the steps that follow, not for those that had the first.
  emitter_->EndTurns();
  return gradient_again_[Index(id)]();
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
    const TensorRef dst = emitter_->NewTensor(sum.desc);
    emitter_->AppendRows(SumStep(name + ".diff", graph_.node(id).shape, sum, diff, dst));
    sum = dst;
  }
  return sum;
}

std::function<void(const float* values)> Tape::GradientStore(const std::string& name) {
  StepState* state = state_;
  const std::span<float> gradient = state->gradients.Get(name);
  state->gradient_order.push_back(name);
  return [=](const float* values) {
    if (state->accumulate) {
      ForParts(gradient, [=](std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i) gradient[i] += values[i];
      });
    } else if (values != gradient.data()) {
      ForParts(gradient, [=](std::size_t begin, std::size_t end) {
        std::copy(values + begin, values + end, gradient.begin() + begin);
      });
    }
    if (state->on_gradient) state->on_gradient(name);
  };
}

std::function<void(const std::function<void(float* sums)>& add)> Tape::GradientSums(
    const std::string& name) {
  StepState* state = state_;
  const std::span<float> gradient = state->gradients.Get(name);
  state->gradient_order.push_back(name);
  return [=](const std::function<void(float* sums)>& add) {
    if (!state->accumulate) {
      ForParts(gradient, [=](std::size_t begin, std::size_t end) {
        std::fill(gradient.begin() + begin, gradient.begin() + end, 0.0f);
      });
    }
    add(gradient.data());
    if (state->on_gradient) state->on_gradient(name);
  };
}

void Tape::StoreGradient(const std::string& name, const TensorRef& diff,
                         const dnnl::memory::desc& plain) {
  AVOCET_CHECK(diff.desc.get_data_type() == DataType::f32);
  StepState* state = state_;
  const std::span<float> gradient = state->gradients.Get(name);
  AVOCET_CHECK(plain.get_size() == gradient.size_bytes());
  std::shared_ptr<Reorder> reorder;
  std::vector<TensorRef> tensors = {diff};
  if (diff.desc != plain) {
    reorder = std::make_shared<Reorder>(emitter_->engine(), diff.desc, plain);
    tensors.push_back(emitter_->NewTensor(plain));  // for a sum
  }
  emitter_->KernelStep(name + ".diff", "own:store", std::move(tensors),
                       [=, store = GradientStore(name)](std::span<void* const> addresses) {
                         void* from = addresses[0];
                         if (reorder != nullptr) {
                           void* to = state->accumulate ? addresses[1] : gradient.data();
                           reorder->Run(from, to);
                           from = to;
                         }
                         store(static_cast<const float*>(from));
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
