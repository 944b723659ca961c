// Runs that are stopped where a signal may reach them, without the program around them.
#include "engine/train/job/trainer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/train/job/job_setup.h"
#include "google/protobuf/text_format.h"
#include "tests/checkpoint/temporary_folder.h"
#include "tests/train/job/digit_files.h"

namespace avocet {
namespace {

using train::v1::TrainingConfig;

constexpr int kStepsPerEpoch = 12;

struct Watcher : RunObserver {
  void OnStep(const StepFacts& step) override {
    if (on_step) on_step(step);
  }
  void OnEpoch(const EpochFacts& epoch) override { epochs.push_back(epoch); }

  std::function<void(const StepFacts& step)> on_step;
  std::vector<EpochFacts> epochs;
};

// A run, as one process has it.
struct Process {
  absl::Status Run(const TrainingConfig& config, bool resume) {
    absl::StatusOr<Job> found = resume ? OldJob(config, nullptr) : NewJob(config, nullptr);
    if (!found.ok()) return found.status();
    job = *std::move(found);
    TrainerInputs inputs{.phase = {.config = &job.config,
                                   .data = &job.data,
                                   .network = &job.network,
                                   .folder = job.config.outputs().output(),
                                   .say = say,
                                   .stop = &stop},
                         .network = &job.network,
                         .folder = job.folder.get(),
                         .observer = &watcher};
    trainer = *Trainer::Create(inputs);
    const absl::Status begun = trainer->Begin();
    return begun.ok() ? trainer->Run(result) : begun;
  }
  std::string State() const { return ReadAll(job.folder->Last() / "training_state.safetensors"); }
  static std::string ReadAll(const std::filesystem::path& path) {
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  }

  std::atomic<bool> stop = false;
  std::function<void(const std::string& text)> say = [](const std::string&) {};
  Watcher watcher;
  Job job;
  std::unique_ptr<Trainer> trainer;
  RunResult result;
};

class TrainerTest : public testing::Test {
 protected:
  TrainerTest() { WriteDigitFiles(data_.path(), 3, 96, 30); }

  // Of a run in a folder of this name.
  TrainingConfig Config(const std::string& name) const {
    TrainingConfig config;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
        R"pb(
          network { model: "lenet5" drop_rate: 0.2 }
          data { loader_threads: 0 }
          run { epochs: 2 batch_size: 8 threads: 1 precision: "float32" }
          outputs { checkpoint_minutes: 0 })pb",
        &config));
    config.mutable_data()->set_data(data_.path());
    config.mutable_outputs()->set_output(runs_.path() + "/" + name);
    return config;
  }
  static TrainingConfig ToResume(const TrainingConfig& config) {
    TrainingConfig given;
    given.mutable_outputs()->set_output(config.outputs().output());
    return given;
  }
  void SetUp() override { ASSERT_TRUE(whole_.Run(Config("whole"), false).ok()); }

  TemporaryFolder data_;
  TemporaryFolder runs_;
  Process whole_;
};

TEST_F(TrainerTest, StopsWhileItValidates) {
  const TrainingConfig config = Config("stopped");
  {
    Process first;
    first.watcher.on_step = [&](const StepFacts& step) {
      if (step.step == kStepsPerEpoch) first.stop = true;  // all steps of the epoch are done
    };
    EXPECT_EQ(first.Run(config, false).code(), absl::StatusCode::kCancelled);
    EXPECT_EQ(first.trainer->progress().step, kStepsPerEpoch);
    EXPECT_EQ(first.trainer->progress().epoch, 0);
    EXPECT_EQ(first.job.folder->Last().filename(), "step-12");
  }
  Process second;
  ASSERT_TRUE(second.Run(ToResume(config), true).ok());
  ASSERT_EQ(second.watcher.epochs.size(), 2u);
  EXPECT_EQ(second.watcher.epochs[0].loss, whole_.watcher.epochs[0].loss);
  EXPECT_EQ(second.watcher.epochs[0].validation->loss, whole_.watcher.epochs[0].validation->loss);
  EXPECT_TRUE(second.State() == whole_.State());
}

TEST_F(TrainerTest, StopsInTheValidationAfterTheLastEpoch) {
  const TrainingConfig config = Config("stopped");
  std::string state;
  {
    Process first;
    ASSERT_TRUE(first.Run(config, false).ok());
    state = first.State();
  }
  {
    Process second;
    second.stop = true;
    EXPECT_EQ(second.Run(ToResume(config), true).code(), absl::StatusCode::kCancelled);
    EXPECT_FALSE(second.result.scores.has_value());
    EXPECT_TRUE(second.State() == state);
  }
  Process third;
  ASSERT_TRUE(third.Run(ToResume(config), true).ok());
  EXPECT_EQ(third.result.scores->top1(), whole_.result.scores->top1());
}

TEST_F(TrainerTest, StopsWhileItComputesFeatures) {
  const auto config = [&](const std::string& name) {
    TrainingConfig frozen = Config(name);
    frozen.mutable_network()->set_pretrained(whole_.job.config.outputs().output() + "/model");
    frozen.mutable_transfer()->set_freeze("backbone");
    frozen.mutable_transfer()->set_feature_variants(2);
    return frozen;
  };
  Process undisturbed;
  ASSERT_TRUE(undisturbed.Run(config("undisturbed"), false).ok());
  {
    Process first;
    first.say = [&](const std::string& text) { first.stop = text.starts_with("computing"); };
    EXPECT_EQ(first.Run(config("stopped"), false).code(), absl::StatusCode::kCancelled);
    EXPECT_EQ(first.trainer->progress().step, 0);
    EXPECT_EQ(first.job.folder->Last().filename(), "step-0");
  }
  Process second;
  ASSERT_TRUE(second.Run(ToResume(config("stopped")), true).ok());
  EXPECT_TRUE(second.State() == undisturbed.State());
}

TEST_F(TrainerTest, AnEpochTellsTheImagesOfItsTime) {
  const TrainingConfig config = Config("stopped");
  {
    Process first;
    first.watcher.on_step = [&](const StepFacts& step) { first.stop = step.step == 4; };
    EXPECT_EQ(first.Run(config, false).code(), absl::StatusCode::kCancelled);
    ASSERT_EQ(first.trainer->progress().step, 5);
  }
  Process second;
  ASSERT_TRUE(second.Run(ToResume(config), true).ok());
  ASSERT_EQ(second.watcher.epochs.size(), 2u);
  EXPECT_EQ(second.watcher.epochs[0].images, 96 - 5 * 8);
  EXPECT_EQ(second.watcher.epochs[1].images, 96);
  // What the network learnt is of all of them.
  EXPECT_EQ(second.watcher.epochs[0].loss, whole_.watcher.epochs[0].loss);
  EXPECT_EQ(second.watcher.epochs[0].top1, whole_.watcher.epochs[0].top1);
}

}  // namespace
}  // namespace avocet
