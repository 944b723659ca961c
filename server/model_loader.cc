#include "server/model_loader.h"

#include <spdlog/spdlog.h>

#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/checkpoint/checkpoint.h"
#include "engine/checkpoint/model_config.h"
#include "engine/checkpoint/quantization_file.h"
#include "engine/graph/parameter_spec.h"
#include "engine/models/zoo.h"
#include "engine/onednn/engine_version.h"
#include "engine/onednn/inference_model.h"
#include "engine/tuning/cpu_model.h"
#include "server/version.h"

namespace avocet {
namespace {

// Everything that a model's folder says, but for the values of its parameters.
struct Folder {
  std::string path;
  ModelConfig config;
  Graph graph;
  std::optional<Quantization> quantization;
};

absl::StatusOr<Folder> ReadFolder(const std::filesystem::path& path) {
  Folder folder{.path = path.string(), .config = {}, .graph = {}, .quantization = {}};
  ASSIGN_OR_RETURN(folder.config, ReadModelConfig(folder.path));
  const PreprocessConfig& preprocess = folder.config.preprocess;
  ASSIGN_OR_RETURN(const Backbone* const backbone, FindBackbone(folder.config.architecture));
  ASSIGN_OR_RETURN(folder.graph, backbone->build({.classes = folder.config.num_classes,
                                                  .height = preprocess.height,
                                                  .width = preprocess.width}));
  RETURN_IF_ERROR(CheckInput(folder.path, folder.config, folder.graph));
  ASSIGN_OR_RETURN(folder.quantization, ReadQuantization(folder.path, folder.graph));
  return folder;
}

using Network = std::shared_ptr<const InferenceModel>;

absl::StatusOr<Network> LoadNetwork(const Folder& folder) {
  ASSIGN_OR_RETURN(Parameters parameters, LoadParameters(folder.path, folder.graph));
  return InferenceModel::Create(folder.graph, std::move(parameters), folder.quantization);
}

// Plans for images of one size. The first one for a lone image on one thread was made before, when
// the folder was tried.
PlanFactory MakePlanFactory(Network network, const PlanOptions& options,
                            std::unique_ptr<Plan> first = nullptr) {
  struct Stash {
    std::mutex mutex;
    std::unique_ptr<Plan> plan;
  };
  auto stash = std::make_shared<Stash>();
  stash->plan = std::move(first);
  return [network = std::move(network), options, stash = std::move(stash)](
             int batch_size, int threads) -> absl::StatusOr<std::unique_ptr<Plan>> {
    if (batch_size == 1 && threads == 1) {
      const std::lock_guard lock(stash->mutex);
      if (stash->plan != nullptr) return std::move(stash->plan);
    }
    PlanOptions wanted = options;
    wanted.batch_size = batch_size;
    wanted.threads = threads;
    return network->Compile(wanted);
  };
}

PlanOptions OptionsFor(const PreprocessConfig& preprocess, Precision precision) {
  return {.height = preprocess.height, .width = preprocess.width, .precision = precision};
}

TuningKey KeyFor(const Folder& folder, Precision precision, int wide_threads) {
  TuningKey key{.cpu = CpuModelName(),
                .engine = absl::StrCat(EngineVersion(), ", avocet ", Version(), " ", Commit()),
                .network = folder.config.architecture,
                .variant = "",
                .height = folder.config.preprocess.height,
                .width = folder.config.preprocess.width,
                .precision = precision,
                .threads = wide_threads};
  if (precision == Precision::kInt8) {
    key.variant = absl::StrCat(folder.quantization->activations.size(), " results in 8 bits, ",
                               folder.quantization->float_layers.size(), " layers in float");
  }
  return key;
}

// The fastest of several. What is measured is a network of its own, which is gone afterwards: its
// weights are packed for all of them.
absl::StatusOr<Precision> Fastest(const Folder& folder, std::span<const Precision> precisions,
                                  int wide_threads, Tuner& tuner) {
  auto measured = std::make_shared<Network>();
  std::vector<Tuner::Candidate> candidates;
  for (const Precision precision : precisions) {
    // Float32 comes first and keeps the exact weights, of which the others make theirs.
    const PlanOptions options = OptionsFor(folder.config.preprocess, precision);
    PlanFactory make_plan = [&folder, measured, options](
                                int batch_size,
                                int threads) -> absl::StatusOr<std::unique_ptr<Plan>> {
      if (*measured == nullptr) {
        ASSIGN_OR_RETURN(*measured, LoadNetwork(folder));
      }
      PlanOptions wanted = options;
      wanted.batch_size = batch_size;
      wanted.threads = threads;
      return (*measured)->Compile(wanted);
    };
    candidates.push_back({KeyFor(folder, precision, wide_threads), std::move(make_plan)});
  }
  ASSIGN_OR_RETURN(const Tuner::PrecisionChoice choice, tuner.ChoosePrecision(candidates));
  const std::string_view chosen = PrecisionName(choice.precision);
  spdlog::info(
      "{}: {} takes {} ({})", folder.path, folder.config.architecture, chosen,
      DescribePrecisionCosts(choice.costs) + (choice.measured ? "" : ", as measured before"));
  return choice.precision;
}

absl::StatusOr<Precision> ChoosePrecision(const Folder& folder, WantedPrecision wanted,
                                          int wide_threads, Tuner& tuner) {
  ASSIGN_OR_RETURN(
      const AllowedPrecisions allowed,
      AllowPrecisions(wanted, {.has_quantization = folder.quantization.has_value(),
                               .has_bfloat16_instructions = HasBFloat16Instructions()}));
  if (!allowed.note.empty()) {
    spdlog::log(wanted ? spdlog::level::warn : spdlog::level::info, "{}: {}", folder.path,
                allowed.note);
  }
  if (allowed.precisions.size() == 1) return allowed.precisions.front();
  return Fastest(folder, allowed.precisions, wide_threads, tuner);
}

}  // namespace

absl::StatusOr<std::shared_ptr<const ServedModel>> LoadModel(const std::filesystem::path& path,
                                                             const std::string& name,
                                                             int64_t version,
                                                             const ModelLoadOptions& options,
                                                             Tuner& tuner) {
  ASSIGN_OR_RETURN(Folder folder, ReadFolder(path));
  const PreprocessConfig& preprocess = folder.config.preprocess;
  ASSIGN_OR_RETURN(Preprocessor preprocessor, Preprocessor::Create(preprocess));
  ASSIGN_OR_RETURN(const Precision precision, ChoosePrecision(folder, options.precision.For(name),
                                                              options.wide_threads, tuner));
  ASSIGN_OR_RETURN(const Network network, LoadNetwork(folder));
  const PlanOptions plan_options = OptionsFor(preprocess, precision);
  // Here, so that a network that cannot be compiled counts as a broken folder.
  ASSIGN_OR_RETURN(std::unique_ptr<Plan> first, network->Compile(plan_options));
  auto plans_at = [network, precision](int height, int width) -> absl::StatusOr<PlanFactory> {
    RETURN_IF_ERROR(network->graph().Reshape(/*batch=*/1, height, width).status());
    return MakePlanFactory(network, {.height = height, .width = width, .precision = precision});
  };
  return std::make_shared<const ServedModel>(ServedModel{
      .name = name,
      .version = version,
      .architecture = folder.config.architecture,
      .num_classes = folder.config.num_classes,
      .label_names = std::move(folder.config.label_names),
      .preprocess = preprocess,
      .preprocessor = std::move(preprocessor),
      .parameter_count = CountTrainable(folder.graph),
      .precision = precision,
      .make_plan = MakePlanFactory(network, plan_options, std::move(first)),
      .tuning_key = KeyFor(folder, precision, options.wide_threads),
      .weight_bytes =
          [network] {
            return WeightBytes{.packed = network->weight_bytes(),
                               .duplicate = network->duplicate_weight_bytes()};
          },
      .plans_at = std::move(plans_at),
  });
}

ModelLoader MakeModelLoader(ModelLoadOptions options, Tuner& tuner) {
  return [options = std::move(options), &tuner](const std::filesystem::path& folder,
                                                const std::string& name, int64_t version) {
    return LoadModel(folder, name, version, options, tuner);
  };
}

}  // namespace avocet
