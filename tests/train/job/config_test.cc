#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/train/job/config_file.h"
#include "engine/train/job/config_flags.h"
#include "engine/train/job/config_options.h"
#include "tests/checkpoint/temporary_folder.h"

namespace avocet {
namespace {

using testing::HasSubstr;
using train::v1::TrainingConfig;

std::string ReadText(const std::string& path) {
  std::ifstream stream(path);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

TrainingConfig Parse(const std::string& line) {
  CLI::App app;
  const ConfigFlags flags(app);
  app.parse(line);
  return flags.Given();
}

TEST(ConfigFlagsTest, SetsJustWhatIsGiven) {
  const TrainingConfig config =
      Parse("photos --batch-size 8 --learning-rate 2e-3 --nesterov --no-sync-bn --freeze stages=2");
  EXPECT_EQ(config.data().data(), "photos");
  EXPECT_EQ(config.run().batch_size(), 8);
  EXPECT_DOUBLE_EQ(config.optimizer().learning_rate(), 2e-3);
  EXPECT_TRUE(config.optimizer().nesterov());
  EXPECT_TRUE(config.run().has_sync_bn());
  EXPECT_FALSE(config.run().sync_bn());
  EXPECT_EQ(config.transfer().freeze(), "stages=2");
  EXPECT_FALSE(config.run().has_epochs());
}

TEST(ConfigFlagsTest, RefusesWrongValues) {
  for (const char* line : {"--epochs 0", "--epochs many", "--epochs 1.5", "--optimizer lion",
                           "--flip 1.5", "--shear 85", "--flip nan", "--seed -1", "--unknown 1"}) {
    EXPECT_THROW(Parse(line), CLI::ParseError) << line;
  }
}

TEST(ConfigFlagsTest, HelpGroupsFlags) {
  CLI::App app;
  const ConfigFlags flags(app);
  const std::string help = app.help();
  EXPECT_THAT(help, HasSubstr("Transfer learning:"));
  EXPECT_THAT(help, HasSubstr("--label-smoothing"));
  EXPECT_THAT(help, HasSubstr("RUN_DIR"));
}

TEST(ConfigFileTest, RoundTripsAndFlagsWin) {
  const TemporaryFolder folder;
  const std::string path = folder.Write("run.textproto", "run { epochs: 7 batch_size: 4 }");
  TrainingConfig config = *ReadConfigFile(path);
  config.MergeFrom(Parse("--epochs 9"));
  EXPECT_EQ(config.run().epochs(), 9);
  EXPECT_EQ(config.run().batch_size(), 4);
  ASSERT_TRUE(ResolveConfig(3, config).ok());
  ASSERT_TRUE(WriteConfigFile(path, config).ok());
  const TrainingConfig again = *ReadConfigFile(path);
  EXPECT_EQ(again.SerializeAsString(), config.SerializeAsString());
  EXPECT_EQ(again.augment().crop(), "random");
}

TEST(ConfigFileTest, ReadsFieldsUnderTheirEarlierNames) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/config.textproto";
  TrainingConfig config = Parse("--head-lr-factor 7 --backbone-lr-factor 0.5");
  ASSERT_TRUE(ResolveConfig(3, config).ok());
  ASSERT_TRUE(WriteConfigFile(path, config).ok());
  const std::string present = ReadText(path);
  std::string earlier = present;
  for (const char* name : {"head_lr", "backbone_lr"}) {
    const std::string line = absl::StrCat("  ", name, "_factor: ");
    ASSERT_THAT(earlier, HasSubstr(line));
    earlier.replace(earlier.find(line), line.size(), absl::StrCat("  ", name, ": "));
  }
  const TrainingConfig read = *ReadConfigFile(folder.Write("earlier", earlier));
  EXPECT_EQ(read.SerializeAsString(), config.SerializeAsString());
}

TEST(ConfigFileTest, SaysWhereItIsWrong) {
  const TemporaryFolder folder;
  const auto message = [&](const char* text) {
    return std::string(ReadConfigFile(folder.Write("c", text)).status().message());
  };
  EXPECT_THAT(message("run {\n  epoch: 7 }"), HasSubstr("c:2:"));
  EXPECT_THAT(message("run { epochs: -3 }"),
              HasSubstr("run.epochs: expected a number from 1 to 100000, found -3"));
  EXPECT_THAT(message("data { cache_mb: -1 }"), HasSubstr("a number from 0 to 1048576, found -1"));
  EXPECT_THAT(message("optimizer { schedule: \"linear\" }"),
              HasSubstr("expected one of constant, step, cosine, one-cycle, found \"linear\""));
  EXPECT_FALSE(ReadConfigFile(folder.path() + "/missing").ok());
}

TEST(ResolveConfigTest, DependsOnColourAndOptimizer) {
  TrainingConfig grey = Parse("--optimizer sgd --batch-size 64");
  ASSERT_TRUE(ResolveConfig(1, grey).ok());
  EXPECT_EQ(grey.augment().flip(), 0);
  EXPECT_EQ(grey.augment().crop(), "evaluation");
  EXPECT_DOUBLE_EQ(grey.optimizer().learning_rate(), 0.025);
  EXPECT_DOUBLE_EQ(grey.optimizer().weight_decay(), 1e-4);
  TrainingConfig colour = Parse("--flip 0");
  ASSERT_TRUE(ResolveConfig(3, colour).ok());
  EXPECT_EQ(colour.augment().flip(), 0);
  EXPECT_EQ(colour.augment().crop(), "random");
  EXPECT_GT(colour.run().threads(), 0);
}

TEST(ResolveConfigTest, WeightDecayFollowsTheOptimizerUnlessGiven) {
  const auto decay = [](const std::string& line) {
    TrainingConfig config = Parse(line);
    EXPECT_TRUE(ResolveConfig(3, config).ok());
    EXPECT_TRUE(config.optimizer().has_weight_decay());
    return config.optimizer().weight_decay();
  };
  EXPECT_EQ(decay(""), 0.02);
  EXPECT_EQ(decay("--optimizer sgd"), 1e-4);
  EXPECT_EQ(decay("--optimizer rmsprop"), 1e-5);
  EXPECT_EQ(decay("--optimizer adam"), 0);
  EXPECT_EQ(decay("--optimizer adam --weight-decay 0.3"), 0.3);
  EXPECT_EQ(decay("--weight-decay 0"), 0);
}

TEST(ResolveConfigTest, WarmUpFollowsTheScheduleUnlessGiven) {
  const auto warmup = [](const std::string& line) {
    TrainingConfig config = Parse(line);
    EXPECT_TRUE(ResolveConfig(3, config).ok());
    return config.optimizer().warmup_epochs();
  };
  EXPECT_DOUBLE_EQ(warmup("--epochs 40"), 2);
  EXPECT_DOUBLE_EQ(warmup("--epochs 300"), 5);
  EXPECT_DOUBLE_EQ(warmup("--epochs 40 --schedule one-cycle"), 12);
  EXPECT_DOUBLE_EQ(warmup("--epochs 40 --schedule one-cycle --warmup-epochs 3"), 3);
}

TEST(ResolveConfigTest, RefusesContradictions) {
  for (const char* line : {"--batch-size 10 --accumulate 4", "--unfreeze-at 3", "--freeze backbone",
                           "--freeze stage=2 --pretrained x", "--freeze stages=x --pretrained x"}) {
    TrainingConfig config = Parse(line);
    EXPECT_EQ(ResolveConfig(3, config).code(), absl::StatusCode::kInvalidArgument) << line;
  }
}

TEST(CheckSharesTest, EveryProcessHasAsManyImagesInEveryPart) {
  TrainingConfig config = Parse("--batch-size 24 --accumulate 2");
  ASSERT_TRUE(ResolveConfig(3, config).ok());
  for (const int processes : {1, 2, 3, 4, 12}) EXPECT_TRUE(CheckShares(config, processes).ok());
  for (const int processes : {5, 8, 24}) EXPECT_FALSE(CheckShares(config, processes).ok());
}

TEST(ResumeConfigTest, AllowsOnlyWhatMovesNoWeight) {
  TrainingConfig recorded = Parse("photos --epochs 5 --loader-threads 1");
  const TrainingConfig resumed = *ResumeConfig(recorded, Parse("--loader-threads 4 --epochs 5"));
  EXPECT_EQ(resumed.data().loader_threads(), 4);
  EXPECT_THAT(std::string(ResumeConfig(recorded, Parse("--epochs 6")).status().message()),
              HasSubstr("--epochs was \"5\" when the run began and is \"6\" now"));
}

TEST(ResumeConfigTest, APathIsTheSameHoweverItIsWritten) {
  const std::string here = std::filesystem::current_path();
  TrainingConfig recorded = Parse("photos/cats/ --pretrained ../base/./1 --validation /val");
  MakePathsAbsolute(recorded);
  EXPECT_EQ(recorded.data().data(), here + "/photos/cats");
  EXPECT_EQ(recorded.network().pretrained(),
            (std::filesystem::path(here).parent_path() / "base/1").string());
  EXPECT_EQ(recorded.data().validation(), "/val");
  EXPECT_FALSE(recorded.outputs().has_publish());
  for (const std::string& same :
       {std::string("photos/cats"), std::string("./photos/dogs/../cats/"), here + "/photos/cats"}) {
    TrainingConfig given = Parse(same);
    MakePathsAbsolute(given);
    EXPECT_TRUE(ResumeConfig(recorded, given).ok()) << same;
  }
  TrainingConfig given = Parse("photos/dogs");
  MakePathsAbsolute(given);
  EXPECT_THAT(std::string(ResumeConfig(recorded, given).status().message()),
              HasSubstr("DATA was \"" + here + "/photos/cats\""));
}

TEST(IsFrozenEpochTest, EndsWhereAsked) {
  TrainingConfig config = Parse("--freeze backbone --unfreeze-at 3 --pretrained x");
  ASSERT_TRUE(ResolveConfig(3, config).ok());
  EXPECT_TRUE(IsFrozenEpoch(config, 1));
  EXPECT_FALSE(IsFrozenEpoch(config, 2));
}

}  // namespace
}  // namespace avocet
