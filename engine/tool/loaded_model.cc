#include "engine/tool/loaded_model.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/checkpoint/checkpoint.h"
#include "engine/checkpoint/quantization_file.h"
#include "engine/tool/network.h"

namespace avocet {
namespace {

using Clock = std::chrono::steady_clock;

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace

absl::StatusOr<LoadedModel> LoadedModel::Load(const std::string& model_dir,
                                              const LoadOptions& options) {
  ASSIGN_OR_RETURN(ModelConfig config, ReadModelConfig(model_dir));
  PreprocessConfig& preprocess = config.preprocess;
  if (options.size) preprocess.height = preprocess.width = *options.size;
  ASSIGN_OR_RETURN(const Graph graph, BuildGraph(config));
  RETURN_IF_ERROR(CheckInput(model_dir, config, graph));
  ASSIGN_OR_RETURN(Parameters parameters, LoadParameters(model_dir, graph));
  ASSIGN_OR_RETURN(std::optional<Quantization> quantization, ReadQuantization(model_dir, graph));
  const Precision precision =
      options.precision.value_or(quantization ? Precision::kInt8 : Precision::kFloat32);
  if (precision == Precision::kInt8 && !quantization) {
    return absl::InvalidArgumentError(
        absl::StrCat(model_dir, ": int8 needs a ", kQuantizationFile, ", which `quantize` writes"));
  }
  ASSIGN_OR_RETURN(ViewReader reader, ViewReader::Create(preprocess));
  const PlanOptions plan_options = {.height = preprocess.height,
                                    .width = preprocess.width,
                                    .threads = options.threads,
                                    .precision = precision};
  LoadedModel model(model_dir, std::move(config), precision, std::move(reader));
  ASSIGN_OR_RETURN(model.plan_,
                   InferenceModel::Create(graph, std::move(parameters), std::move(quantization))
                       ->Compile(plan_options));
  return model;
}

absl::StatusOr<std::vector<std::vector<float>>> LoadedModel::Logits(const std::string& path,
                                                                    int views) {
  Clock::time_point start = Clock::now();
  ASSIGN_OR_RETURN(std::vector<std::vector<float>> results, reader_.Read(path, views));
  input_seconds_ += SecondsSince(start);
  start = Clock::now();
  for (std::vector<float>& result : results) {
    std::ranges::copy(result, plan_->input().begin());
    plan_->Run();
    result.assign(plan_->logits().begin(), plan_->logits().end());
  }
  network_seconds_ += SecondsSince(start);
  return results;
}

}  // namespace avocet
