#include "engine/onednn/inference_plan.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/graph/stem.h"
#include "engine/onednn/emitter.h"
#include "engine/onednn/int8_lowering.h"
#include "engine/onednn/lower.h"
#include "engine/onednn/lower_depthwise.h"
#include "engine/onednn/lower_depthwise_norm.h"
#include "engine/onednn/lower_expand.h"
#include "engine/onednn/team.h"

namespace avocet {

struct InferencePlan::State {
  int threads;
  Program program;
  Shape input_shape;
  Shape output_shape;
  float* input;
  const float* logits;
};

namespace {

// The result of `node`, whose inputs are already among `results`, with `readers`.
TensorRef LowerFloat(const Node& node, std::span<const TensorRef> results,
                     std::span<const Emitter::Readers> readers, Emitter& emitter) {
  std::vector<TensorRef> inputs;
  for (const NodeId id : node.inputs) {
    const auto index = static_cast<std::size_t>(id);
    // Else only what comes from the input or from a linear layer is of another type.
    inputs.push_back(readers[index].take_float
                         ? results[index]
                         : emitter.Convert(node.name + ".to_type", results[index], emitter.type()));
    if (!TakesGate(node.op, inputs.back(), emitter)) {
      inputs.back() = emitter.Gated(node.name + ".gate", inputs.back());
    }
  }
  return LowerNode(node, inputs, emitter);
}

// Whether node `id` waits for the one behind it, to be one step with it.
bool WaitsForNext(const Graph& graph, NodeId id, const Emitter& emitter) {
  if (!emitter.readers().only_next) return false;
  const Node& node = graph.node(id);
  const Node& next = graph.node(id + 1);
  return TakesDepthwiseNormKernel(node, next, emitter.type()) ||
         (!node.inputs.empty() &&
          TakesExpandKernels(node, graph.node(node.inputs[0]).shape.c, next, emitter.type()));
}

// The result of `next`, for which `node` has waited.
TensorRef LowerPair(const Node& node, const Node& next, std::span<const TensorRef> results,
                    Emitter& emitter) {
  const TensorRef& input = results[static_cast<std::size_t>(node.inputs[0])];
  const TensorRef src = emitter.Gated(
      node.name + ".gate", emitter.Convert(node.name + ".to_type", input, emitter.type()));
  if (!std::holds_alternative<LayerNorm>(next.op)) return LowerExpand(node, next, src, emitter);
  const TensorRef dst = emitter.NewTensor(emitter.Activation(next.shape));
  EmitDepthwiseNorm(node, next, FloatDepthwiseParameters(node, emitter), src, dst, emitter);
  return dst;
}

dnnl::memory::data_type TypeOf(Precision precision) {
  return precision == Precision::kBFloat16 ? dnnl::memory::data_type::bf16
                                           : dnnl::memory::data_type::f32;
}

// Of each node's result, in a program of `type`.
std::vector<Emitter::Readers> ReadersOf(const Graph& graph, dnnl::memory::data_type type) {
  const std::size_t count = graph.nodes().size();
  std::vector<Emitter::Readers> readers(count);
  std::vector<int> uses(count);
  for (std::size_t reader = 0; reader < count; ++reader) {
    const Node& node = graph.nodes()[reader];
    for (const NodeId id : node.inputs) {
      const auto source = static_cast<std::size_t>(id);
      readers[source].has_pool |= std::holds_alternative<GlobalAveragePool>(node.op);
      readers[source].only_next = ++uses[source] == 1 && reader == source + 1;
    }
  }
  if (const std::optional<NodeId> id = DepthwiseBehindStem(graph)) {
    const Node& node = graph.node(*id);
    const auto stem = static_cast<std::size_t>(node.inputs[0]);
    readers[stem].take_float = TakesDepthwiseKernel(std::get<Conv2d>(node.op), node.shape.c, type);
  }
  return readers;
}

}  // namespace

InferencePlan::InferencePlan(std::unique_ptr<State> state) : state_(std::move(state)) {}
InferencePlan::~InferencePlan() = default;

absl::StatusOr<std::unique_ptr<InferencePlan>> InferencePlan::Compile(const Graph& graph,
                                                                      WeightStore* weights,
                                                                      const Options& options) {
  const bool is_int8 = options.precision == Precision::kInt8;
  AVOCET_CHECK(!is_int8 || options.quantization != nullptr);
  const ScopedTeam team(options.threads);
  std::string node_name = "engine";
  try {
    Emitter emitter(dnnl::engine(dnnl::engine::kind::cpu, 0), weights, TypeOf(options.precision));
    const std::vector<Emitter::Readers> readers = ReadersOf(graph, emitter.type());
    std::optional<Int8Lowering> int8;
    if (is_int8) int8.emplace(graph, *options.quantization, emitter);
    std::vector<TensorRef> results;
    bool waits = false;  // the node before, for this one
    for (NodeId id = 0; id < graph.size(); ++id) {
      const Node& node = graph.node(id);
      node_name = node.name;
      const Emitter::Readers& of_node = readers[static_cast<std::size_t>(id)];
      if (int8) {
        emitter.set_readers({.has_pool = of_node.has_pool});
      } else if (options.observable) {
        // Results that only later steps make out of others could not be looked at.
        emitter.set_readers({.take_float = of_node.take_float});
      } else {
        emitter.set_readers(of_node);
      }
      if (waits) {
        waits = false;
        results.push_back(LowerPair(graph.node(id - 1), node, results, emitter));
        continue;
      }
      waits = !int8 && WaitsForNext(graph, id, emitter);
      if (waits) {
        results.emplace_back();
        continue;
      }
      results.push_back(int8 ? int8->Lower(id) : LowerFloat(node, results, readers, emitter));
      if (options.observable) emitter.Observe(node.name, results.back());
    }
    results.back() =
        emitter.Convert("output.to_float32", results.back(), dnnl::memory::data_type::f32);
    node_name = "memory";
    auto [program, ends] =
        std::move(emitter).Finish(std::array{results.front()}, std::array{results.back()});
    auto state = std::make_unique<State>();
    state->threads = options.threads;
    state->program = std::move(program);
    state->input_shape = graph.node(0).shape;
    state->output_shape = graph.node(graph.output()).shape;
    state->input = static_cast<float*>(ends[0].get_data_handle());
    state->logits = static_cast<const float*>(ends[1].get_data_handle());
    return std::make_unique<InferencePlan>(std::move(state));
  } catch (const dnnl::error& error) {
    return absl::InternalError(absl::StrCat("oneDNN cannot compile node \"", node_name,
                                            "\": ", error.what(), " (status ", error.status, ")"));
  }
}

int InferencePlan::batch_size() const { return state_->input_shape.n; }

std::span<float> InferencePlan::input() {
  return {state_->input, static_cast<std::size_t>(state_->input_shape.size())};
}

void InferencePlan::Run() {
  const ScopedTeam team(state_->threads);
  state_->program.Run();
}

std::span<const float> InferencePlan::logits() const {
  return {state_->logits, static_cast<std::size_t>(state_->output_shape.size())};
}

void InferencePlan::Observe(const Visit& visit) {
  const ScopedTeam team(state_->threads);
  std::size_t step = 0;
  for (const Observation& observation : state_->program.observations) {
    for (; step < observation.steps; ++step) state_->program.RunStep(step);
    const dnnl::memory::desc desc = observation.result.get_desc();
    std::int64_t size = 1;
    for (const std::int64_t dim : desc.get_dims()) size *= dim;
    const auto bytes = static_cast<std::size_t>(size) * sizeof(float);
    if (desc.get_data_type() != dnnl::memory::data_type::f32 || desc.get_size() != bytes) continue;
    visit(observation.name, {static_cast<const float*>(observation.result.get_data_handle()),
                             static_cast<std::size_t>(size)});
  }
  for (; step < state_->program.steps.size(); ++step) state_->program.RunStep(step);
}

std::vector<StepProfile> InferencePlan::Profile(int runs) {
  AVOCET_CHECK(runs > 0);
  using Clock = std::chrono::steady_clock;
  const ScopedTeam team(state_->threads);
  const std::vector<Step>& steps = state_->program.steps;
  std::vector<std::vector<double>> seconds(steps.size());
  const std::vector<float> pixels(input().begin(), input().end());
  for (int run = 0; run < runs; ++run) {
    std::copy(pixels.begin(), pixels.end(), input().begin());
    Clock::time_point before = Clock::now();
    for (std::size_t i = 0; i < steps.size(); ++i) {
      state_->program.RunStep(i);
      const Clock::time_point after = Clock::now();
      seconds[i].push_back(std::chrono::duration<double>(after - before).count());
      before = after;
    }
  }
  std::vector<StepProfile> profile;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const auto median = seconds[i].begin() + runs / 2;
    std::nth_element(seconds[i].begin(), median, seconds[i].end());
    profile.push_back({steps[i].name, steps[i].implementation, *median});
  }
  return profile;
}

int InferencePlan::step_count() const { return static_cast<int>(state_->program.steps.size()); }

std::size_t InferencePlan::arena_bytes() const { return state_->program.arena->size(); }

std::string InferencePlan::DebugString() const {
  std::string text;
  for (const Step& step : state_->program.steps) {
    absl::StrAppend(&text, step.name, ": ", step.implementation, "\n");
  }
  return text;
}

}  // namespace avocet
