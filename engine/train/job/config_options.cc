#include "engine/train/job/config_options.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "engine/base/cpu_count.h"
#include "engine/base/status.h"
#include "engine/checkpoint/preprocess_names.h"
#include "engine/train/data/image_source.h"
#include "engine/train/job/config_file.h"

namespace avocet {
namespace {

using train::v1::TrainingConfig;

constexpr char kBackbone[] = "backbone";
constexpr std::string_view kStages = "stages=";

// What suits an optimizer where the user says nothing.
struct OptimizerDefaults {
  double learning_rate;   // or that of 256 images
  bool grows_with_batch;  // the learning rate, in proportion to the batch
  double weight_decay;
  double epsilon;
};

OptimizerDefaults DefaultsOf(const std::string& optimizer) {
  // ImageNet in one hour, arXiv 1706.02677.
  if (optimizer == "sgd") return {0.1, true, 1e-4, 1e-8};
  // EfficientNet, arXiv 1905.11946: 0.256 for batches of 4096.
  if (optimizer == "rmsprop") return {0.016, true, 1e-5, 1e-3};
  // Adam's own, arXiv 1412.6980. Decay that is part of the gradient hardly decays what has large
  // gradients (arXiv 1711.05101): who wants it takes adamw.
  if (optimizer == "adam") return {1e-3, false, 0, 1e-8};
  // ResNet strikes back, arXiv 2110.00476, where decay is decoupled too.
  return {1e-3, false, 0.02, 1e-8};
}

// Of the whole run; PyTorch's pct_start.
constexpr double kOneCycleRise = 0.3;

void ResolveOptimizer(TrainingConfig& config) {
  train::v1::OptimizerConfig& optimizer = *config.mutable_optimizer();
  const OptimizerDefaults defaults = DefaultsOf(optimizer.optimizer());
  if (!optimizer.has_learning_rate()) {
    const double batches = defaults.grows_with_batch ? config.run().batch_size() / 256.0 : 1.0;
    optimizer.set_learning_rate(defaults.learning_rate * batches);
  }
  if (!optimizer.has_weight_decay()) optimizer.set_weight_decay(defaults.weight_decay);
  if (!optimizer.has_epsilon()) optimizer.set_epsilon(defaults.epsilon);
  if (!optimizer.has_warmup_epochs()) {
    const double epochs = config.run().epochs();
    optimizer.set_warmup_epochs(optimizer.schedule() == "one-cycle" ? kOneCycleRise * epochs
                                                                    : std::min(5.0, epochs / 20));
  }
}

// Colour photographs look alike when mirrored; digits and letters do not.
void ResolveAugmentation(bool grey, TrainingConfig& config) {
  train::v1::AugmentConfig& augment = *config.mutable_augment();
  if (!augment.has_crop()) augment.set_crop(grey ? "evaluation" : "random");
  if (!augment.has_flip()) augment.set_flip(grey ? 0 : 0.5);
  if (!augment.has_color_jitter()) augment.set_color_jitter(grey ? 0 : 0.2);
  if (!augment.has_rotate()) augment.set_rotate(grey ? 10 : 0);
  if (!augment.has_translate()) augment.set_translate(grey ? 0.08 : 0);
  if (!augment.has_zoom()) augment.set_zoom(grey ? 0.1 : 0);
  if (!augment.has_shear()) augment.set_shear(grey ? 5 : 0);
}

constexpr NamedChoice<CropFilter> kCropFilterNames[] = {{"random", CropFilter::kRandom},
                                                        {"bilinear", CropFilter::kBilinear},
                                                        {"bicubic", CropFilter::kBicubic},
                                                        {"network", CropFilter::kNetwork}};

AugmentOptions AugmentOptionsOf(const train::v1::AugmentConfig& given) {
  AugmentOptions augment;
  augment.crop = given.crop() == "random" ? TrainCrop::kRandomResized : TrainCrop::kEvaluation;
  augment.scale_min = given.crop_scale_min();
  augment.filter = ChoiceOf(kCropFilterNames, given.crop_filter()).value_or(augment.filter);
  augment.horizontal_flip = given.flip();
  augment.vertical_flip = given.vertical_flip();
  augment.color_jitter = {.brightness = given.color_jitter(),
                          .contrast = given.color_jitter(),
                          .saturation = given.color_jitter(),
                          .hue = given.hue()};
  augment.affine = {.degrees = given.rotate(),
                    .translate = given.translate(),
                    .scale_min = 1 - given.zoom(),
                    .scale_max = 1 + given.zoom(),
                    .shear = given.shear()};
  augment.rand_augment.operations = given.rand_augment();
  augment.rand_augment.magnitude = given.rand_augment_magnitude();
  augment.random_erasing.probability = given.erasing();
  augment.mix.mixup_alpha = given.mixup();
  augment.mix.cutmix_alpha = given.cutmix();
  return augment;
}

absl::StatusOr<int> StagesOf(const std::string& freeze) {
  int stages = 0;
  if (freeze.starts_with(kStages) && absl::SimpleAtoi(freeze.substr(kStages.size()), &stages) &&
      stages >= 0) {
    return stages;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("--freeze: expected none, backbone or stages=N, found \"", freeze, "\""));
}

absl::Status CheckTogether(const TrainingConfig& config) {
  const train::v1::RunConfig& run = config.run();
  if (run.batch_size() % run.accumulate() != 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--accumulate ", run.accumulate(), " does not divide --batch-size ", run.batch_size()));
  }
  const std::string& freeze = config.transfer().freeze();
  if (freeze == "none" && config.transfer().unfreeze_at() > 0) {
    return absl::InvalidArgumentError("--unfreeze-at needs something frozen: --freeze");
  }
  if (freeze != "none" && freeze != kBackbone) RETURN_IF_ERROR(StagesOf(freeze).status());
  if (freeze != "none" && config.network().pretrained().empty()) {
    return absl::InvalidArgumentError(
        "--freeze needs a pretrained network (--pretrained): frozen random weights learn nothing");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ResolveConfig(int channels, TrainingConfig& config) {
  SetDefaults(config);
  if (!config.run().has_threads()) config.mutable_run()->set_threads(UsableCpuCount());
  ResolveOptimizer(config);
  ResolveAugmentation(channels == 1, config);
  return CheckTogether(config);
}

absl::Status CheckShares(const TrainingConfig& config, int processes) {
  const train::v1::RunConfig& run = config.run();
  if (run.batch_size() % (processes * run.accumulate()) == 0) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "--batch-size ", run.batch_size(), " is that of all processes together, and ", processes,
      " processes with --accumulate ", run.accumulate(), " cannot have equal shares of it"));
}

absl::StatusOr<OptimizerOptions> OptimizerOptionsOf(const TrainingConfig& config) {
  const train::v1::OptimizerConfig& given = config.optimizer();
  OptimizerOptions options{.weight_decay = given.weight_decay(),
                           .decays_all = given.decay_all(),
                           .momentum = given.momentum(),
                           .nesterov = given.nesterov(),
                           .beta1 = given.beta1(),
                           .beta2 = given.beta2(),
                           .epsilon = given.epsilon()};
  ASSIGN_OR_RETURN(options.kind, ParseOptimizer(given.optimizer()));
  return options;
}

absl::StatusOr<ScheduleOptions> ScheduleOptionsOf(const TrainingConfig& config,
                                                  std::int64_t steps_per_epoch) {
  const train::v1::OptimizerConfig& given = config.optimizer();
  const auto steps = [&](double epochs) {
    return std::llround(epochs * static_cast<double>(steps_per_epoch));
  };
  ScheduleOptions options{.rate = given.learning_rate(),
                          .total_steps = config.run().epochs() * steps_per_epoch,
                          .warmup_steps = steps(given.warmup_epochs()),
                          .final_factor = given.final_factor(),
                          .step_factor = given.step_factor(),
                          .step_steps = std::max(1LL, steps(given.step_epochs()))};
  ASSIGN_OR_RETURN(options.kind, ParseSchedule(given.schedule()));
  return options;
}

absl::StatusOr<Precision> PrecisionOf(const TrainingConfig& config) {
  return ParsePrecision(config.run().precision());
}

RateFactors RateFactorsOf(const TrainingConfig& config) {
  const train::v1::TransferConfig& given = config.transfer();
  return {.head = given.head_lr_factor(),
          .backbone = given.backbone_lr_factor(),
          .layer_decay = given.layer_decay()};
}

LoaderPair LoaderOptionsOf(const TrainingConfig& config, const PreprocessConfig& preprocess,
                           const TrainingData& data, Shard shard) {
  LoaderOptions options;
  options.preprocess = preprocess;
  options.batch_size = config.run().batch_size();
  options.shard = shard;
  options.seed = config.run().seed();
  options.augment = AugmentOptionsOf(config.augment());
  options.targets.label_smoothing = static_cast<float>(config.optimizer().label_smoothing());
  if (config.optimizer().class_weights() == "balanced") {
    options.targets.class_weights = BalancedClassWeights(data.train.ClassCounts());
  }
  options.threads = config.data().loader_threads();
  const std::int64_t cache = std::int64_t{config.data().cache_mb()} << 20;
  // What validation keeps, finished crops, is small and of a known size: it comes first, but takes
  // at most half.
  const std::int64_t rows = (data.validation.size() + shard.world - 1) / shard.world;
  LoaderPair pair{.training = options, .validation = std::move(options)};
  pair.validation.mode = LoaderMode::kEvaluation;
  pair.validation.cache_bytes =
      std::min(cache / 2, rows * CachedBytes(preprocess.width, preprocess.height));
  pair.training.cache_bytes = cache - pair.validation.cache_bytes;
  return pair;
}

absl::StatusOr<std::set<std::string>> FrozenParameters(const TrainingConfig& config,
                                                       std::span<const ParameterLayer> layers) {
  const std::string& freeze = config.transfer().freeze();
  if (freeze == "none") return std::set<std::string>();
  if (freeze == kBackbone) return BackboneParameters(layers);
  ASSIGN_OR_RETURN(const int stages, StagesOf(freeze));
  return FirstStages(layers, stages);
}

bool IsFrozenEpoch(const TrainingConfig& config, std::int64_t epoch) {
  if (config.transfer().freeze() == "none") return false;
  const std::int64_t unfreeze_at = config.transfer().unfreeze_at();
  return unfreeze_at == 0 || epoch + 1 < unfreeze_at;
}

}  // namespace avocet
