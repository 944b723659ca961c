#include "server/model_loader.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/checkpoint/checkpoint.h"
#include "engine/checkpoint/model_config.h"
#include "engine/graph/parameter_spec.h"
#include "engine/models/zoo.h"
#include "engine/onednn/inference_model.h"

namespace avocet {
namespace {

PlanFactory MakePlanFactory(std::shared_ptr<const InferenceModel> network,
                            const PreprocessConfig& preprocess) {
  return [network = std::move(network), height = preprocess.height, width = preprocess.width](
             int batch_size, int threads) -> absl::StatusOr<std::unique_ptr<Plan>> {
    return network->Compile(
        {.batch_size = batch_size, .height = height, .width = width, .threads = threads});
  };
}

}  // namespace

absl::StatusOr<std::shared_ptr<const ServedModel>> LoadModel(const std::filesystem::path& folder,
                                                             const std::string& name,
                                                             int64_t version) {
  ASSIGN_OR_RETURN(ModelConfig config, ReadModelConfig(folder.string()));
  const PreprocessConfig& preprocess = config.preprocess;
  ASSIGN_OR_RETURN(Preprocessor preprocessor, Preprocessor::Create(preprocess));
  ASSIGN_OR_RETURN(const Backbone* const backbone, FindBackbone(config.architecture));
  ASSIGN_OR_RETURN(const Graph graph, backbone->build({.classes = config.num_classes,
                                                       .height = preprocess.height,
                                                       .width = preprocess.width}));
  ASSIGN_OR_RETURN(Parameters parameters, LoadParameters(folder.string(), graph));
  PlanFactory make_plan =
      MakePlanFactory(InferenceModel::Create(graph, std::move(parameters)), preprocess);
  // Once here, so that a network that cannot be compiled counts as a broken folder.
  RETURN_IF_ERROR(make_plan(/*batch_size=*/1, /*threads=*/1).status());
  return std::make_shared<const ServedModel>(ServedModel{
      .name = name,
      .version = version,
      .architecture = std::move(config.architecture),
      .num_classes = config.num_classes,
      .label_names = std::move(config.label_names),
      .preprocess = preprocess,
      .preprocessor = std::move(preprocessor),
      .parameter_count = CountTrainable(graph),
      .make_plan = std::move(make_plan),
  });
}

}  // namespace avocet
