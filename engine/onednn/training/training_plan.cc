#include "engine/onednn/training/training_plan.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/status.h"
#include "engine/graph/parameter_spec.h"
#include "engine/onednn/emitter.h"
#include "engine/onednn/engine_version.h"
#include "engine/onednn/inference_model.h"
#include "engine/onednn/team.h"
#include "engine/onednn/training/lower_training.h"
#include "engine/onednn/training/tape.h"

namespace avocet {

struct TrainingPlan::State {
  int threads;
  StepState step;
  std::vector<BoundParameter> parameters;
  Program program;
  std::span<float> input;
  std::span<float> targets;
  std::span<const float> logits;
};

namespace {

using DataType = dnnl::memory::data_type;

absl::Status CheckOptions(const Graph& graph, const TrainingPlanOptions& options) {
  if (options.batch_size < 1 || options.height < 1 || options.width < 1 || options.threads < 1) {
    return absl::InvalidArgumentError(absl::StrCat(
        "expected at least one image, pixel and thread, found a batch of ", options.batch_size,
        " images of ", options.height, " x ", options.width, " and ", options.threads, " threads"));
  }
  if (options.precision == Precision::kInt8) {
    return absl::InvalidArgumentError("expected float32 or bfloat16 for training, found int8");
  }
  if (options.precision == Precision::kBFloat16 && !HasBFloat16Instructions()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "expected a CPU with bfloat16 instructions (AVX512-BF16) to train in bfloat16, found ",
        EngineVersion(), "; float32 works everywhere"));
  }
  const std::vector<ParameterSpec> specs = GraphParameters(graph);
  for (const std::string& name : options.frozen) {
    if (std::ranges::find(specs, name, &ParameterSpec::name) == specs.end()) {
      return absl::InvalidArgumentError(
          absl::StrCat("expected names of parameters to freeze, found \"", name, "\""));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<Graph> Reshape(const Graph& graph, const TrainingPlanOptions& options) {
  ASSIGN_OR_RETURN(Graph shaped, graph.Reshape(options.batch_size, options.height, options.width));
  const Shape& output = shaped.node(shaped.output()).shape;
  if (output.h != 1 || output.w != 1) {
    return absl::InvalidArgumentError(absl::StrCat(
        "expected a network whose output is [N, classes, 1, 1], found ", output.ToString()));
  }
  return shaped;
}

Parameters GradientsOf(const Graph& graph, const TrainingPlanOptions& options) {
  std::vector<ParameterSpec> specs = GraphParameters(graph);
  std::erase_if(specs, [&](const ParameterSpec& spec) {
    return !spec.trainable || options.frozen.contains(spec.name);
  });
  return Parameters(specs);
}

std::span<float> SpanOf(const dnnl::memory& memory) {
  return {static_cast<float*>(memory.get_data_handle()),
          memory.get_desc().get_size() / sizeof(float)};
}

}  // namespace

TrainingPlan::TrainingPlan(std::unique_ptr<State> state) : state_(std::move(state)) {}
TrainingPlan::~TrainingPlan() = default;

absl::StatusOr<std::unique_ptr<TrainingPlan>> TrainingPlan::Compile(
    const Graph& graph, const TrainingPlanOptions& options) {
  RETURN_IF_ERROR(CheckOptions(graph, options));
  ASSIGN_OR_RETURN(const Graph shaped, Reshape(graph, options));
  const ScopedTeam team(options.threads);
  std::string node_name = "engine";
  try {
    auto state = std::make_unique<State>();
    state->threads = options.threads;
    state->step.gradients = GradientsOf(shaped, options);
    Emitter emitter(dnnl::engine(dnnl::engine::kind::cpu, 0), /*weights=*/nullptr,
                    options.precision == Precision::kBFloat16 ? DataType::bf16 : DataType::f32);
    emitter.set_turns(options.turns);
    Tape tape(shaped, options, &emitter, &state->step);
    const TensorRef input = emitter.NewTensor(ChannelsLast(shaped.node(0).shape, DataType::f32));
    tape.SetResult(0, emitter.Convert("input.to_type", input, emitter.type()));
    for (NodeId id = 1; id < shaped.size(); ++id) {
      node_name = shaped.node(id).name;
      if (!tape.HasResult(id)) LowerTraining(id, tape);
    }
    node_name = "loss";
    const TensorRef logits =
        emitter.Convert("output.to_float32", tape.Result(shaped.output()), DataType::f32);
    const TensorRef targets = emitter.NewTensor(logits.desc);
    tape.AddResultGradient(shaped.output(), LowerCrossEntropy(logits, targets, tape));
    tape.EmitBackward(&node_name);
    node_name = "memory";
    // All of them keep their values until the end of the step, and until the next.
    auto [program, ends] =
        std::move(emitter).Finish(std::array{input, targets}, std::array{input, targets, logits});
    state->program = std::move(program);
    state->parameters = tape.bound_parameters();
    state->input = SpanOf(ends[0]);
    state->targets = SpanOf(ends[1]);
    state->logits = SpanOf(ends[4]);
    return std::make_unique<TrainingPlan>(std::move(state));
  } catch (const dnnl::error& error) {
    return absl::InternalError(absl::StrCat("oneDNN cannot compile node \"", node_name,
                                            "\" for training: ", error.what(), " (status ",
                                            error.status, ")"));
  }
}

std::span<float> TrainingPlan::input() { return state_->input; }
std::span<float> TrainingPlan::targets() { return state_->targets; }
std::span<const float> TrainingPlan::logits() const { return state_->logits; }
Parameters& TrainingPlan::gradients() { return state_->step.gradients; }
const Parameters& TrainingPlan::gradients() const { return state_->step.gradients; }
const std::vector<std::string>& TrainingPlan::gradient_order() const {
  return state_->step.gradient_order;
}
void TrainingPlan::set_on_gradient(std::function<void(const std::string& name)> on_gradient) {
  state_->step.on_gradient = std::move(on_gradient);
}
std::size_t TrainingPlan::arena_bytes() const { return state_->program.arena->size(); }

namespace {

void Bind(std::vector<BoundParameter>& bound, Parameters& parameters) {
  for (BoundParameter& parameter : bound) {
    parameter.memory.set_data_handle(parameters.Get(parameter.name).data());
  }
}

}  // namespace

double TrainingPlan::Step(Parameters& parameters, const StepOptions& options) {
  const ScopedTeam team(state_->threads);
  StepState& step = state_->step;
  step.seed = options.seed;
  step.accumulate = options.accumulate;
  step.gradient_scale = options.gradient_scale;
  Bind(state_->parameters, parameters);
  state_->program.Run();
  return step.loss;
}

std::vector<StepProfile> TrainingPlan::Profile(Parameters& parameters, int runs) {
  AVOCET_CHECK(runs > 0);
  using Clock = std::chrono::steady_clock;
  const ScopedTeam team(state_->threads);
  state_->step.moves_statistics = false;
  Bind(state_->parameters, parameters);
  const Program& program = state_->program;
  std::vector<std::vector<double>> seconds(program.steps.size());
  for (int run = 0; run < runs; ++run) {
    Clock::time_point before = Clock::now();
    for (std::size_t i = 0; i < program.steps.size(); ++i) {
      program.RunStep(i);
      const Clock::time_point after = Clock::now();
      seconds[i].push_back(std::chrono::duration<double>(after - before).count());
      before = after;
    }
  }
  state_->step.moves_statistics = true;
  std::vector<StepProfile> profile;
  for (std::size_t i = 0; i < program.steps.size(); ++i) {
    const auto median = seconds[i].begin() + runs / 2;
    std::nth_element(seconds[i].begin(), median, seconds[i].end());
    profile.push_back({program.steps[i].name, program.steps[i].implementation, *median});
  }
  return profile;
}

}  // namespace avocet
