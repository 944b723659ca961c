#include "engine/onednn/inference_model.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/onednn/weight_store.h"
#include "engine/passes/pass.h"

namespace avocet {

bool HasBFloat16Instructions() {
  const dnnl::cpu_isa isa = dnnl::get_effective_cpu_isa();
  return isa == dnnl::cpu_isa::avx512_core_bf16 || isa == dnnl::cpu_isa::avx512_core_fp16 ||
         isa == dnnl::cpu_isa::avx512_core_amx || isa == dnnl::cpu_isa::avx512_core_amx_fp16;
}

struct InferenceModel::State {
  State(const dnnl::engine& engine, Graph optimized, Parameters parameters,
        std::optional<Quantization> how)
      : graph(std::move(optimized)),
        quantization(std::move(how)),
        weights(engine, std::move(parameters)) {}
  Graph graph;
  std::optional<Quantization> quantization;
  WeightStore weights;
};

InferenceModel::InferenceModel(std::unique_ptr<State> state) : state_(std::move(state)) {}
InferenceModel::~InferenceModel() = default;

std::unique_ptr<InferenceModel> InferenceModel::Create(const Graph& graph, Parameters parameters,
                                                       std::optional<Quantization> quantization) {
  Graph optimized = RunInferencePasses(graph, parameters);
  auto state =
      std::make_unique<State>(dnnl::engine(dnnl::engine::kind::cpu, 0), std::move(optimized),
                              std::move(parameters), std::move(quantization));
  return std::make_unique<InferenceModel>(std::move(state));
}

absl::StatusOr<std::unique_ptr<InferencePlan>> InferenceModel::Compile(
    const PlanOptions& options) const {
  if (options.batch_size < 1 || options.threads < 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected at least one image and one thread, found batch size ",
                     options.batch_size, " and ", options.threads, " threads"));
  }
  const Quantization* quantization = nullptr;
  if (options.precision == Precision::kInt8) {
    quantization = options.quantization;
    if (quantization == nullptr && state_->quantization) quantization = &*state_->quantization;
    if (quantization == nullptr) {
      return absl::InvalidArgumentError(
          "expected a model with a quantization for int8, found one without; "
          "avocet-model quantize makes one");
    }
    RETURN_IF_ERROR(CheckQuantization(state_->graph, *quantization));
  }
  ASSIGN_OR_RETURN(const Graph graph,
                   state_->graph.Reshape(options.batch_size, options.height, options.width));
  ASSIGN_OR_RETURN(std::unique_ptr<InferencePlan> plan,
                   InferencePlan::Compile(graph, &state_->weights,
                                          {.threads = options.threads,
                                           .precision = options.precision,
                                           .quantization = quantization,
                                           .observable = options.observable}));
  state_->weights.ReleasePlain();
  // The first run pays for code pages and page faults; nobody waits for it here.
  plan->Run();
  return plan;
}

const Graph& InferenceModel::graph() const { return state_->graph; }
bool InferenceModel::has_quantization() const { return state_->quantization.has_value(); }
std::size_t InferenceModel::weight_bytes() const { return state_->weights.bytes(); }
std::size_t InferenceModel::duplicate_weight_bytes() const {
  return state_->weights.duplicate_bytes();
}

}  // namespace avocet
