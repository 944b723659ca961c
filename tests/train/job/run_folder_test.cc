#include "engine/train/job/run_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

#include "engine/train/job/data_identity.h"
#include "engine/train/job/training_state.h"
#include "tests/checkpoint/temporary_folder.h"

namespace avocet {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

absl::Status WriteMark(const fs::path& folder) {
  std::ofstream(folder / "mark") << "whole";
  return absl::OkStatus();
}

int Checkpoints(const TemporaryFolder& folder) {
  int count = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder.path() + "/checkpoints")) {
    count += entry.is_directory() && !entry.is_symlink();
  }
  return count;
}

TEST(RunFolderTest, KeepsLastAndBest) {
  const TemporaryFolder folder;
  RunFolder run = *RunFolder::Open(folder.path());
  EXPECT_TRUE(run.Last().empty());
  ASSERT_TRUE(run.Save(10, /*best=*/true, WriteMark).ok());
  ASSERT_TRUE(run.Save(20, /*best=*/false, WriteMark).ok());
  ASSERT_TRUE(run.Save(30, /*best=*/false, WriteMark).ok());
  EXPECT_EQ(run.Last().filename(), "step-30");
  EXPECT_EQ(run.Best().filename(), "step-10");
  EXPECT_EQ(Checkpoints(folder), 2);
  ASSERT_TRUE(run.Save(30, /*best=*/true, WriteMark).ok());  // the same step again
  EXPECT_EQ(run.Last(), run.Best());
  EXPECT_TRUE(fs::exists(run.Last() / "mark"));
  EXPECT_EQ(Checkpoints(folder), 1);
  EXPECT_EQ(fs::read_symlink(folder.path() + "/model"), "checkpoints/last/model");
}

TEST(RunFolderTest, AFailedSaveChangesNothing) {
  const TemporaryFolder folder;
  RunFolder run = *RunFolder::Open(folder.path());
  ASSERT_TRUE(run.Save(10, true, WriteMark).ok());
  const absl::Status status = run.Save(20, true, [](const fs::path& path) -> absl::Status {
    std::ofstream(path / "mark") << "half";
    return absl::ResourceExhaustedError("disk full");
  });
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(run.Last().filename(), "step-10");
  EXPECT_EQ(run.Best().filename(), "step-10");
  EXPECT_EQ(Checkpoints(folder), 1);
}

TEST(RunFolderTest, OneProcessAtATime) {
  const TemporaryFolder folder;
  {
    const RunFolder first = *RunFolder::Open(folder.path());
    const auto second = RunFolder::Open(folder.path());
    EXPECT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(std::string(second.status().message()),
                HasSubstr("another process trains here, number " + std::to_string(getpid())));
  }
  EXPECT_TRUE(RunFolder::Open(folder.path()).ok());
}

TEST(RunFolderTest, RemovesWhatAKillLeft) {
  const TemporaryFolder folder;
  {
    RunFolder run = *RunFolder::Open(folder.path());
    ASSERT_TRUE(run.Save(10, true, WriteMark).ok());
  }
  fs::create_directories(folder.path() + "/checkpoints/.step-20.tmp/model");
  fs::create_directories(folder.path() + "/checkpoints/step-20");  // complete, but nobody's
  fs::create_symlink("step-20", folder.path() + "/checkpoints/.last.tmp");
  const RunFolder run = *RunFolder::Open(folder.path());
  EXPECT_EQ(Checkpoints(folder), 1);
  EXPECT_TRUE(fs::exists(run.Last() / "mark"));
}

TEST(RunFolderTest, SaysWhatCannotBeMade) {
  const TemporaryFolder folder;
  const std::string file = folder.Write("file", "");
  EXPECT_THAT(std::string(RunFolder::Open(file + "/run").status().message()), HasSubstr(file));
}

TEST(TrainingStateTest, ComesBackBitForBit) {
  const TemporaryFolder folder;
  const std::vector<ParameterSpec> specs = {{"w", {3, 2}}, {"running_var", {2}, false}};
  const std::vector<ParameterSpec> optimizer_specs = {{"w.momentum", {3, 2}}, {"w.steps", {1}}};
  Parameters weights(specs), average(specs), optimizer(optimizer_specs);
  weights.Get("w")[5] = 0.1f;
  average.Get("running_var")[1] = 1e-30f;
  optimizer.Get("w.momentum")[0] = -3;
  Progress progress{.step = 12, .epoch = 1, .batch = 2, .loss_sum = 1.0 / 3, .best_top1 = 0.7};
  const std::string path = folder.path() + "/state.safetensors";
  ASSERT_TRUE(
      WriteTrainingState(path, {&progress, specs, &weights, &average, optimizer_specs, &optimizer})
          .ok());
  Progress read;
  Parameters weights2(specs), average2(specs), optimizer2(optimizer_specs);
  ASSERT_TRUE(
      ReadTrainingState(path, {&read, specs, &weights2, &average2, optimizer_specs, &optimizer2})
          .ok());
  EXPECT_EQ(weights2.Get("w")[5], 0.1f);
  EXPECT_EQ(average2.Get("running_var")[1], 1e-30f);
  EXPECT_EQ(optimizer2.Get("w.momentum")[0], -3);
  EXPECT_EQ(read.step, 12);
  EXPECT_EQ(read.loss_sum, 1.0 / 3);
  EXPECT_EQ(read.best_top1, 0.7);

  // Without an average, or of another shape, it is the state of something else.
  EXPECT_FALSE(
      ReadTrainingState(path, {&read, specs, &weights2, nullptr, optimizer_specs, &optimizer2})
          .ok());
  const std::vector<ParameterSpec> others = {{"w", {2, 3}}, {"running_var", {2}, false}};
  Parameters weights3(others);
  EXPECT_THAT(std::string(ReadTrainingState(path, {&read, others, &weights3, &average2,
                                                   optimizer_specs, &optimizer2})
                              .message()),
              HasSubstr("state of another network or optimizer"));
}

TEST(TrainingStateTest, KnowsItsData) {
  const TemporaryFolder folder;
  const std::vector<ParameterSpec> specs = {{"w", {3}}};
  Parameters weights(specs), optimizer(specs);
  Progress progress;
  TrainingState state{&progress, specs, &weights, nullptr, specs, &optimizer};
  const std::string path = folder.path() + "/state.safetensors";
  state.data = "2 cats";
  ASSERT_TRUE(WriteTrainingState(path, state).ok());
  EXPECT_TRUE(ReadTrainingState(path, state).ok());
  state.data = "3 cats";
  const absl::Status other = ReadTrainingState(path, state);
  EXPECT_EQ(other.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(other.message()),
              testing::AllOf(HasSubstr(path), HasSubstr("2 cats"), HasSubstr("3 cats")));
  // As earlier versions wrote it.
  state.data.clear();
  ASSERT_TRUE(WriteTrainingState(path, state).ok());
  state.data = "3 cats";
  EXPECT_TRUE(ReadTrainingState(path, state).ok());
}

TEST(DataIdentityTest, IsThatOfNamesAndLabels) {
  TrainingData data;
  data.train.class_names = data.validation.class_names = {"cat", "dog"};
  data.train.samples = {{.path = "a", .label = 0}, {.path = "b", .label = 1}};
  data.validation.samples = {{.path = "c", .label = 1}};
  const std::string identity = IdentityOf(data);
  EXPECT_EQ(IdentityOf(data), identity);
  EXPECT_THAT(identity, HasSubstr("2 images of 2 classes to train on and 1 to validate on"));
  const auto changed = [&](const auto& change) {
    TrainingData other = data;
    change(other);
    return IdentityOf(other);
  };
  EXPECT_NE(changed([](TrainingData& other) { other.train.class_names[1] = "fox"; }), identity);
  EXPECT_NE(changed([](TrainingData& other) { other.train.samples[0].path = "d"; }), identity);
  EXPECT_NE(changed([](TrainingData& other) { other.train.samples[0].index = 3; }), identity);
  EXPECT_NE(changed([](TrainingData& other) { other.validation.samples[0].label = 0; }), identity);
  EXPECT_NE(changed([](TrainingData& other) {
              std::swap(other.train.samples[0], other.train.samples[1]);
            }),
            identity);
}

}  // namespace
}  // namespace avocet
