#include "engine/train/job/phase.h"

#include <algorithm>
#include <set>
#include <utility>

#include "engine/base/status.h"
#include "engine/train/job/config_options.h"
#include "engine/train/job/feature_source.h"
#include "engine/train/job/split_network.h"

namespace avocet {
namespace {

// Larger batches are no faster on a CPU.
constexpr int kMaxValidationBatch = 32;

bool Augments(const AugmentOptions& augment) {
  const ColorJitterOptions& colors = augment.color_jitter;
  const AffineOptions& affine = augment.affine;
  return augment.crop != TrainCrop::kEvaluation || augment.horizontal_flip > 0 ||
         augment.vertical_flip > 0 || colors.brightness > 0 || colors.hue > 0 ||
         affine.degrees > 0 || affine.translate > 0 || affine.scale_min != affine.scale_max ||
         affine.shear > 0 || augment.rand_augment.operations > 0 ||
         augment.random_erasing.probability > 0 || augment.mix.enabled();
}

absl::StatusOr<std::unique_ptr<BatchSource>> Images(const Dataset& dataset,
                                                    const LoaderOptions& options) {
  ASSIGN_OR_RETURN(std::unique_ptr<DataLoader> loader, DataLoader::Create(dataset, options));
  return std::make_unique<LoaderSource>(std::move(loader));
}

// Of each image, whose features are kept.
int FeatureVariants(const train::v1::TrainingConfig& config, const LoaderOptions& loader) {
  const bool varies = loader.mode == LoaderMode::kTraining && Augments(loader.augment);
  return varies ? std::min(config.transfer().feature_variants(), config.run().epochs()) : 1;
}

// `images` in the form of features.
absl::StatusOr<std::unique_ptr<BatchSource>> Features(const PhaseInputs& inputs,
                                                      const Graph& backbone,
                                                      const Parameters& parameters,
                                                      const LoaderOptions& loader,
                                                      std::shared_ptr<MemoryBudget> memory,
                                                      std::unique_ptr<BatchSource> images) {
  ASSIGN_OR_RETURN(ValidationPlan plan, MakeValidationPlan(inputs, backbone, parameters));
  const int variants = FeatureVariants(*inputs.config, loader);
  return std::make_unique<FeatureSource>(FeatureOptions{.mode = loader.mode,
                                                        .variants = variants,
                                                        .batch_size = LocalBatchSize(inputs),
                                                        .seed = loader.seed,
                                                        .memory = std::move(memory),
                                                        .folder = inputs.folder,
                                                        .say = inputs.say,
                                                        .stop = inputs.stop},
                                         std::move(images), std::move(plan.plan));
}

}  // namespace

int LocalBatchSize(const PhaseInputs& inputs) {
  const int size = inputs.group == nullptr ? 1 : inputs.group->size();
  return inputs.config->run().batch_size() / size;
}

int PartSize(const PhaseInputs& inputs) {
  return LocalBatchSize(inputs) / inputs.config->run().accumulate();
}

absl::StatusOr<ValidationPlan> MakeValidationPlan(const PhaseInputs& inputs, const Graph& graph,
                                                  const Parameters& parameters) {
  const Shape& image = graph.node(0).shape;
  ValidationPlan validation;
  validation.model =
      InferenceModel::Create(graph, CopyParameters(GraphParameters(graph), parameters));
  ASSIGN_OR_RETURN(
      validation.plan,
      validation.model->Compile({.batch_size = std::min(kMaxValidationBatch, PartSize(inputs)),
                                 .height = image.h,
                                 .width = image.w,
                                 .threads = inputs.config->run().threads(),
                                 .precision = inputs.precision}));
  return validation;
}

absl::StatusOr<Phase> MakePhase(const PhaseInputs& inputs, const Parameters& parameters,
                                bool frozen) {
  const train::v1::TrainingConfig& config = *inputs.config;
  const TrainedNetwork& network = *inputs.network;
  Shard shard;
  if (inputs.group != nullptr) shard = {inputs.group->rank(), inputs.group->size()};
  const auto [loader, validation] =
      LoaderOptionsOf(config, network.model.preprocess, *inputs.data, shard);
  Phase phase;
  phase.frozen = frozen;
  phase.head_alone = frozen && config.transfer().freeze() == "backbone";
  phase.graph = network.graph;
  ASSIGN_OR_RETURN(phase.train, Images(inputs.data->train, loader));
  if (inputs.data->validation.size() > 0) {
    ASSIGN_OR_RETURN(phase.validation, Images(inputs.data->validation, validation));
  }
  TrainingPlanOptions options;
  options.batch_size = PartSize(inputs);
  options.height = options.width = config.data().image_size();
  options.threads = config.run().threads();
  options.precision = inputs.precision;
  options.sync_batch_norm = config.run().sync_bn() ? inputs.group : nullptr;
  if (phase.head_alone) {
    ASSIGN_OR_RETURN(SplitNetwork split, SplitAtClassifier(network.graph));
    const auto memory = std::make_shared<MemoryBudget>(
        static_cast<std::size_t>(config.transfer().feature_cache_mb()) << 20);
    ASSIGN_OR_RETURN(phase.train, Features(inputs, split.backbone, parameters, loader, memory,
                                           std::move(phase.train)));
    if (phase.validation != nullptr) {
      ASSIGN_OR_RETURN(phase.validation, Features(inputs, split.backbone, parameters, validation,
                                                  memory, std::move(phase.validation)));
    }
    phase.feature_variants = FeatureVariants(config, loader);
    phase.graph = std::move(split.head);
    options.height = options.width = 1;
    // A classifier alone is too small for bfloat16 to save time.
    options.precision = Precision::kFloat32;
  } else if (frozen) {
    ASSIGN_OR_RETURN(options.frozen, FrozenParameters(config, ParameterLayers(network.graph)));
  }
  ASSIGN_OR_RETURN(phase.plan, TrainingPlan::Compile(phase.graph, options));
  if (inputs.group != nullptr) {
    phase.reducer = std::make_unique<GradientReducer>(*inputs.group, phase.plan->gradient_order(),
                                                      phase.plan->gradients());
  }
  return phase;
}

}  // namespace avocet
