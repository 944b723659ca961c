// What the options of a recipe make of a run.
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "engine/checkpoint/model_config.h"
#include "engine/train/report/metrics_csv.h"
#include "tests/train/data/data_fixtures.h"
#include "tests/train/job/digit_files.h"
#include "tests/train/job/train_command_fixture.h"

namespace avocet {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

bool Same(const Parameters& a, const Parameters& b, const std::string& name) {
  return std::ranges::equal(a.Get(name), b.Get(name));
}

TEST_F(TrainCommandTest, FrozenBackboneStaysAndTheHeadLearns) {
  ASSERT_EQ(Run(Arguments("base")), 0) << ReadFile(log());
  TemporaryFolder other;
  WriteDigitFiles(other.path(), 5, 100, 50);
  ASSERT_EQ(
      Run({other.path(), "--pretrained", RunDir("base") + "/model", "--freeze", "backbone",
           "--epochs", "20", "--learning-rate", "0.02", "--output", RunDir("head"), "--publish",
           RunDir("models") + "/digits", "--feature-variants", "2", "--threads", "1"}),
      0)
      << ReadFile(log());
  const Parameters base = Load(RunDir("base") + "/model", "lenet5", 3);
  const Parameters head = Load(RunDir("models") + "/digits/1", "lenet5", 5);
  EXPECT_TRUE(std::ranges::equal(base.Get("fc2.weight"), head.Get("fc2.weight")));
  EXPECT_TRUE(std::ranges::equal(base.Get("conv1.bias"), head.Get("conv1.bias")));
  EXPECT_EQ(head.Get("fc3.weight").size(), 5u * 84u);
  const ModelConfig config = *ReadModelConfig(RunDir("models") + "/digits/1");
  EXPECT_EQ(config.num_classes, 5);
  EXPECT_EQ(config.label_names.size(), 5u);
  EXPECT_THAT(ReadFile(log()), HasSubstr("computing features, variant 2 of 2"));
  // Bars at five places are easy to tell apart, also from features made for three.
  EXPECT_THAT(ReadFile(log()), testing::ContainsRegex("top-1 (9[0-9]|100)"));
}

TEST_F(TrainCommandTest, FrozenStagesStayWithTheirStatistics) {
  const std::vector<std::string> lite = {
      "--image-size", "32", "--epochs", "1", "--batch-size", "32", "--checkpoint-minutes", "0"};
  std::vector<std::string> more = lite;
  more.insert(more.end(), {"--model", "tf_efficientnet_lite0"});
  ASSERT_EQ(Run(Arguments("base", more)), 0) << ReadFile(log());
  more = lite;
  more.insert(more.end(), {"--model", "tf_efficientnet_lite0", "--pretrained",
                           RunDir("base") + "/model", "--freeze", "stages=2"});
  ASSERT_EQ(Run(Arguments("tuned", more)), 0) << ReadFile(log());
  const Parameters base = Load(RunDir("base") + "/model", "tf_efficientnet_lite0", 3);
  const Parameters tuned = Load(RunDir("tuned") + "/model", "tf_efficientnet_lite0", 3);
  for (const std::string& name : base.names()) {
    const bool stays = name.starts_with("conv_stem") || name.starts_with("bn1") ||
                       name.starts_with("blocks.0.") || name.starts_with("blocks.1.");
    EXPECT_EQ(Same(base, tuned, name), stays) << name;
  }
}

TEST_F(TrainCommandTest, UnfreezesWhenAsked) {
  ASSERT_EQ(Run(Arguments("base")), 0) << ReadFile(log());
  const auto run = [&](const std::string& name, const std::string& epochs) {
    EXPECT_EQ(Run(Arguments(name, {"--pretrained", RunDir("base") + "/model", "--freeze",
                                   "backbone", "--unfreeze-at", "3", "--epochs", epochs})),
              0)
        << ReadFile(log());
    return Load(RunDir(name) + "/model", "lenet5", 3);
  };
  const Parameters base = Load(RunDir("base") + "/model", "lenet5", 3);
  const Parameters before = run("before", "2");
  EXPECT_TRUE(Same(base, before, "conv1.weight"));
  EXPECT_FALSE(Same(base, before, "fc3.weight"));
  const Parameters after = run("after", "3");
  EXPECT_FALSE(Same(base, after, "conv1.weight"));
  EXPECT_FALSE(Same(base, after, "fc3.weight"));
}

TEST_F(TrainCommandTest, AccumulatedPartsAreTheWholeBatch) {
  const auto losses = [&](const std::string& name, const std::string& parts) {
    EXPECT_EQ(Run(Arguments(name, {"--drop-rate", "0", "--batch-size", "24", "--accumulate", parts,
                                   "--clip-norm", "1"})),
              0)
        << ReadFile(log());
    return *ReadMetricsCsv(RunDir(name));
  };
  const std::vector<StepFacts> whole = losses("whole", "1");
  const std::vector<StepFacts> parts = losses("parts", "6");
  ASSERT_EQ(whole.size(), 12u);
  ASSERT_EQ(parts.size(), whole.size());
  for (std::size_t i = 0; i < whole.size(); ++i) {
    EXPECT_NEAR(parts[i].loss, whole[i].loss, 1e-5);
    EXPECT_NEAR(parts[i].gradient_norm, whole[i].gradient_norm, 1e-4);
    EXPECT_EQ(parts[i].images, 24);
  }
}

// The first step of momentum is the gradient's own, and the first decay of an average at most 0.1.
TEST_F(TrainCommandTest, OneStepIsClippedAndAveraged) {
  const auto run = [&](const std::string& name, const std::string& rate, const std::string& clip,
                       const std::string& average) {
    EXPECT_EQ(
        Run(Arguments(name, {"--optimizer", "sgd", "--learning-rate", rate, "--clip-norm", clip,
                             "--ema-decay", average, "--weight-decay", "0", "--warmup-epochs", "0",
                             "--drop-rate", "0", "--batch-size", "96", "--epochs", "1"})),
        0)
        << ReadFile(log());
    return Load(RunDir(name) + "/model", "lenet5", 3);
  };
  const Parameters start = run("start", "0", "0", "0");
  const Parameters whole = run("whole", "1", "0", "0");
  const Parameters clipped = run("clipped", "1", "0.05", "0");
  const Parameters averaged = run("averaged", "1", "0", "0.03");
  const double norm = (*ReadMetricsCsv(RunDir("whole")))[0].gradient_norm;
  ASSERT_GT(norm, 0.1);
  EXPECT_EQ((*ReadMetricsCsv(RunDir("clipped")))[0].gradient_norm, norm);
  // The largest distance from `share` of the whole step.
  const auto distance = [&](const Parameters& moved, double share) {
    double largest = 0;
    for (const std::string& name : start.names()) {
      for (std::size_t i = 0; i < start.Get(name).size(); ++i) {
        const double begin = start.Get(name)[i];
        const double expected = begin + share * (whole.Get(name)[i] - begin);
        largest = std::max(largest, std::abs(moved.Get(name)[i] - expected));
      }
    }
    return largest;
  };
  EXPECT_GT(distance(start, 1), 1e-3);
  EXPECT_LT(distance(clipped, 0.05 / norm), 1e-6);
  EXPECT_LT(distance(averaged, 0.97), 1e-6);
}

// From pictures that tell nothing a network learns how frequent the classes are.
TEST_F(TrainCommandTest, BalancedClassesCountAlike) {
  const TemporaryFolder photos;
  const std::string picture = PngBytes(NoisyImage(32, 32, 1));
  const auto write = [&](const std::string& folder, int count) {
    fs::create_directories(photos.path() + "/" + folder);
    for (int i = 0; i < count; ++i) photos.Write(folder + std::to_string(i) + ".png", picture);
  };
  write("train/often/", 40);
  write("train/rarely/", 8);
  write("val/often/", 2);
  write("val/rarely/", 2);
  const auto loss = [&](const std::string& weights) {
    std::vector<std::string> arguments = Arguments(
        weights, {"--drop-rate", "0", "--epochs", "30", "--batch-size", "48", "--ema-decay", "0",
                  "--label-smoothing", "0", "--class-weights", weights});
    arguments[0] = photos.path();
    EXPECT_EQ(Run(arguments), 0) << ReadFile(log());
    return ReadEpochsCsv(RunDir(weights))->back().validation->loss;
  };
  EXPECT_NEAR(loss("none"), -0.5 * (std::log(5.0 / 6) + std::log(1.0 / 6)), 0.1);
  EXPECT_NEAR(loss("balanced"), std::log(2.0), 0.05);
}

// Nothing moves, and all pictures are alike: they all get one class, which is right for 48 or for 2
// of 50.
TEST_F(TrainCommandTest, TrainingTop1IsThatOfTheImagesWithBalancedClassesToo) {
  const TemporaryFolder photos;
  const std::string picture = PngBytes(NoisyImage(32, 32, 1));
  for (const auto& [folder, count] : {std::pair("often/", 48), std::pair("rarely/", 2)}) {
    fs::create_directories(photos.path() + "/" + folder);
    for (int i = 0; i < count; ++i) photos.Write(folder + std::to_string(i) + ".png", picture);
  }
  std::vector<std::string> arguments = Arguments(
      "balanced",
      {"--class-weights", "balanced", "--label-smoothing", "0.1", "--learning-rate",       "0",
       "--epochs",        "1",        "--batch-size",      "50",  "--validation-fraction", "0",
       "--drop-rate",     "0",        "--rotate",          "0",   "--translate",           "0",
       "--zoom",          "0",        "--shear",           "0"});
  arguments[0] = photos.path();
  ASSERT_EQ(Run(arguments), 0) << ReadFile(log());
  const double top1 = ReadEpochsCsv(RunDir("balanced"))->back().top1;
  EXPECT_NEAR(std::min(top1, 1 - top1), 0.04, 1e-6) << top1;
}

}  // namespace
}  // namespace avocet
