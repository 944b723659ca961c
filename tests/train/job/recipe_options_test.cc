// How the fields of a recipe reach the parts that they are for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "engine/train/data/image_source.h"
#include "engine/train/job/config_fields.h"
#include "engine/train/job/config_options.h"
#include "google/protobuf/text_format.h"

namespace avocet {
namespace {

using google::protobuf::FieldDescriptor;
using train::v1::TrainingConfig;

constexpr std::int64_t kStepsPerEpoch = 10;

// Every field of the recipe with another value than it has by default, and no two numbers alike.
constexpr char kRecipe[] = R"(
run { epochs: 7 batch_size: 64 seed: 5 }
data { loader_threads: 3 }
optimizer {
  optimizer: "rmsprop" learning_rate: 0.003 weight_decay: 0.004 momentum: 0.8 nesterov: true
  beta1: 0.7 beta2: 0.95 epsilon: 0.005 schedule: "step" warmup_epochs: 1.2 final_factor: 0.25
  step_factor: 0.35 step_epochs: 2.5 clip_norm: 3.5 ema_decay: 0.97 label_smoothing: 0.15
  class_weights: "balanced" decay_all: true
}
transfer {
  freeze: "stages=2" unfreeze_at: 3 head_lr_factor: 6 backbone_lr_factor: 0.6 layer_decay: 0.65
  feature_variants: 9 feature_cache_mb: 77
}
augment {
  crop: "evaluation" crop_scale_min: 0.31 flip: 0.32 vertical_flip: 0.33 color_jitter: 0.34
  hue: 0.36 rotate: 37 translate: 0.38 zoom: 0.39 shear: 41 rand_augment: 4
  rand_augment_magnitude: 4.2 erasing: 0.43 mixup: 0.44 cutmix: 0.45 crop_filter: "bicubic"
}
)";

TrainingConfig Resolved(const std::string& text) {
  TrainingConfig config;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &config));
  config.mutable_network()->set_pretrained("model");  // without one nothing can be frozen
  EXPECT_TRUE(ResolveConfig(3, config).ok());
  return config;
}

// Three images of one class, and one of another.
TrainingData FourImages() {
  TrainingData data;
  data.train.class_names = data.validation.class_names = {"often", "rarely"};
  for (const int label : {0, 0, 0, 1}) data.train.samples.push_back({.path = "", .label = label});
  data.validation.samples.resize(2);
  return data;
}

LoaderPair LoadersOf(const TrainingConfig& config) {
  return LoaderOptionsOf(config, PreprocessConfig(), FourImages(), Shard());
}

// What the fields of a recipe become.
struct Options {
  OptimizerOptions optimizer;
  ScheduleOptions schedule;
  RateFactors rates;
  AugmentOptions augment;
  TargetOptions targets;

  bool operator==(const Options&) const = default;
};

Options OptionsOf(const TrainingConfig& config) {
  const LoaderOptions loader = LoadersOf(config).training;
  return {*OptimizerOptionsOf(config), *ScheduleOptionsOf(config, kStepsPerEpoch),
          RateFactorsOf(config), loader.augment, loader.targets};
}

void ForEachRecipeField(
    const std::function<void(const FieldDescriptor& group, const FieldDescriptor& field)>& visit) {
  ForEachConfigField([&](const FieldDescriptor& group, const FieldDescriptor& field) {
    const std::string_view name = group.name();
    if (name == "optimizer" || name == "transfer" || name == "augment") visit(group, field);
  });
}

TEST(RecipeOptionsTest, TheTestSetsEveryField) {
  TrainingConfig recipe;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(kRecipe, &recipe));
  const TrainingConfig defaults = Resolved("");
  std::set<std::string> values;
  ForEachRecipeField([&](const FieldDescriptor& group, const FieldDescriptor& field) {
    EXPECT_TRUE(HasField(recipe, group, field)) << field.name();
    const std::string value = FieldText(recipe, group, field);
    EXPECT_NE(value, FieldText(defaults, group, field)) << field.name();
    // Switches have one value to differ by: SwitchesAreNotMistakenForEachOther.
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_BOOL) return;
    EXPECT_TRUE(values.insert(value).second) << field.name() << ": another one is " << value;
  });
}

TEST(RecipeOptionsTest, EveryFieldHasAnEffect) {
  // What the trainer and its phases read themselves.
  const std::set<std::string> elsewhere = {"clip_norm",   "ema_decay",        "freeze",
                                           "unfreeze_at", "feature_variants", "feature_cache_mb"};
  const TrainingConfig recipe = Resolved(kRecipe);
  const TrainingConfig defaults = Resolved("");
  ForEachRecipeField([&](const FieldDescriptor& group, const FieldDescriptor& field) {
    if (elsewhere.contains(field.name())) return;
    TrainingConfig config = recipe;
    ASSERT_TRUE(SetField(group, field, FieldText(defaults, group, field), config).ok());
    EXPECT_FALSE(OptionsOf(config) == OptionsOf(recipe)) << field.name();
  });
}

TEST(RecipeOptionsTest, EveryFieldGoesToItsPlace) {
  const Options options = OptionsOf(Resolved(kRecipe));
  const OptimizerOptions optimizer{.kind = OptimizerKind::kRmsProp,
                                   .weight_decay = 0.004,
                                   .decays_all = true,
                                   .momentum = 0.8,
                                   .nesterov = true,
                                   .beta1 = 0.7,
                                   .beta2 = 0.95,
                                   .epsilon = 0.005};
  EXPECT_EQ(options.optimizer, optimizer);
  const ScheduleOptions schedule{.kind = ScheduleKind::kStep,
                                 .rate = 0.003,
                                 .total_steps = 70,
                                 .warmup_steps = 12,
                                 .final_factor = 0.25,
                                 .step_factor = 0.35,
                                 .step_steps = 25};
  EXPECT_EQ(options.schedule, schedule);
  EXPECT_EQ(options.rates, (RateFactors{.head = 6, .backbone = 0.6, .layer_decay = 0.65}));
  const AugmentOptions augment{
      .crop = TrainCrop::kEvaluation,
      .scale_min = 0.31,
      .filter = CropFilter::kBicubic,
      .horizontal_flip = 0.32,
      .vertical_flip = 0.33,
      .color_jitter = {.brightness = 0.34, .contrast = 0.34, .saturation = 0.34, .hue = 0.36},
      .affine = {.degrees = 37,
                 .translate = 0.38,
                 .scale_min = 1 - 0.39,
                 .scale_max = 1 + 0.39,
                 .shear = 41},
      .rand_augment = {.operations = 4, .magnitude = 4.2},
      .random_erasing = {.probability = 0.43},
      .mix = {.mixup_alpha = 0.44, .cutmix_alpha = 0.45},
      .fill = std::nullopt};
  EXPECT_EQ(options.augment, augment);
  const TargetOptions targets{.label_smoothing = 0.15f, .class_weights = {4.0f / 6, 2}};
  EXPECT_EQ(options.targets, targets);
}

TEST(RecipeOptionsTest, SwitchesAreNotMistakenForEachOther) {
  EXPECT_EQ(OptionsOf(Resolved("optimizer { nesterov: true decay_all: false }")).optimizer,
            OptionsOf(Resolved("optimizer { nesterov: true }")).optimizer);
  EXPECT_FALSE(OptionsOf(Resolved("optimizer { nesterov: true }")).optimizer.decays_all);
  const OptimizerOptions all = OptionsOf(Resolved("optimizer { decay_all: true }")).optimizer;
  EXPECT_TRUE(all.decays_all);
  EXPECT_FALSE(all.nesterov);
}

TEST(RecipeOptionsTest, EachCropFilterHasItsName) {
  const std::pair<std::string, CropFilter> filters[] = {{"random", CropFilter::kRandom},
                                                        {"bilinear", CropFilter::kBilinear},
                                                        {"bicubic", CropFilter::kBicubic},
                                                        {"network", CropFilter::kNetwork}};
  for (const auto& [name, filter] : filters) {
    const TrainingConfig config = Resolved("augment { crop_filter: '" + name + "' }");
    EXPECT_EQ(OptionsOf(config).augment.filter, filter) << name;
  }
}

TEST(RecipeOptionsTest, ValidationDiffersInModeAndMemoryAlone) {
  const TrainingConfig config = Resolved(kRecipe);
  const PreprocessConfig preprocess{.height = 48, .width = 40};
  const LoaderPair loaders =
      LoaderOptionsOf(config, preprocess, FourImages(), {.rank = 1, .world = 2});
  EXPECT_EQ(loaders.training.mode, LoaderMode::kTraining);
  EXPECT_EQ(loaders.validation.mode, LoaderMode::kEvaluation);
  for (const LoaderOptions& options : {loaders.training, loaders.validation}) {
    EXPECT_EQ(options.preprocess, preprocess);
    EXPECT_EQ(options.batch_size, 64);
    EXPECT_EQ(options.seed, 5);
    EXPECT_EQ(options.threads, 3);
    EXPECT_EQ(options.shard.rank, 1);
    EXPECT_EQ(options.shard.world, 2);
  }
}

TEST(RecipeOptionsTest, LoadersShareTheirMemory) {
  TrainingConfig config = Resolved("data { cache_mb: 1 }");
  const PreprocessConfig preprocess{.height = 48, .width = 40};
  TrainingData data = FourImages();
  const LoaderPair small = LoaderOptionsOf(config, preprocess, data, Shard());
  EXPECT_EQ(small.validation.cache_bytes, 2 * CachedBytes(40, 48));
  EXPECT_EQ(small.training.cache_bytes + small.validation.cache_bytes, 1 << 20);
  const LoaderPair shared = LoaderOptionsOf(config, preprocess, data, {.rank = 1, .world = 2});
  EXPECT_EQ(shared.validation.cache_bytes, CachedBytes(40, 48));
  data.validation.samples.resize(1000);
  const LoaderPair large = LoaderOptionsOf(config, preprocess, data, Shard());
  EXPECT_EQ(large.validation.cache_bytes, 1 << 19);
  EXPECT_EQ(large.training.cache_bytes, 1 << 19);
}

// Flags refuse what the loader would, and nothing else.
TEST(RecipeOptionsTest, TheLoaderTakesWhatFlagsTake) {
  ForEachRecipeField([&](const FieldDescriptor& group, const FieldDescriptor& field) {
    const train::v1::Flag& flag = field.options().GetExtension(train::v1::flag);
    if (!flag.has_min() || group.name() == "transfer") return;
    for (const double value : {flag.min(), flag.max()}) {
      TrainingConfig config = Resolved("");
      ASSERT_TRUE(SetField(group, field, absl::StrCat(value), config).ok()) << field.name();
      EXPECT_EQ(DataLoader::Check(FourImages().train, LoadersOf(config).training).message(), "")
          << field.name() << " " << value;
    }
  });
}

TEST(RecipeOptionsTest, RatesOfDroppingReachTheNetwork) {
  TrainingConfig config = Resolved(
      "network { model: \"resnet18\" drop_rate: 0.35 drop_path_rate: 0.45 } "
      "data { image_size: 32 crop_pct: 1 crop_mode: \"center\" }");
  config.mutable_network()->clear_pretrained();
  const auto network = SetUpNetwork(config, {"a", "b"});
  ASSERT_TRUE(network.ok()) << network.status();
  std::set<float> dropouts, paths;
  for (const Node& node : network->graph.nodes()) {
    if (const auto* dropout = std::get_if<Dropout>(&node.op)) dropouts.insert(dropout->rate);
    if (const auto* path = std::get_if<DropPath>(&node.op)) paths.insert(path->rate);
  }
  EXPECT_THAT(dropouts, testing::ElementsAre(0.35f));
  ASSERT_FALSE(paths.empty());
  EXPECT_FLOAT_EQ(*paths.rbegin(), 0.45f);  // the last block's; others have less
}

}  // namespace
}  // namespace avocet
