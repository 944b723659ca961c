// What the program hands over to servers.
#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "engine/checkpoint/safetensors.h"
#include "engine/train/report/metrics_csv.h"
#include "google/protobuf/text_format.h"
#include "proto/training.pb.h"
#include "tests/train/job/digit_files.h"
#include "tests/train/job/train_command_fixture.h"

namespace avocet {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

int Versions(const std::string& model) {
  return static_cast<int>(std::distance(fs::directory_iterator(model), fs::directory_iterator()));
}

class TrainPublishTest : public TrainCommandTest {
 protected:
  std::string Model() const { return RunDir("models") + "/digits"; }
  std::string Weights(const std::string& folder) const {
    return ReadFile(folder + "/model.safetensors");
  }
};

// A network that knows the digits learns others' names for them: each epoch is worse than the
// first.
TEST_F(TrainPublishTest, StopsEarlyAndPublishesTheBest) {
  ASSERT_EQ(Run(Arguments("base", {"--epochs", "20"})), 0) << ReadFile(log());
  const TemporaryFolder wrong;
  WriteDigitFiles(wrong.path(), 3, 96, 30);
  std::fstream labels(wrong.path() + "/train-labels-idx1-ubyte",
                      std::ios::binary | std::ios::in | std::ios::out);
  labels.seekp(8);
  for (int i = 0; i < 96; ++i) labels.put(static_cast<char>((i + 1) % 3));
  labels.close();
  std::vector<std::string> arguments = Arguments(
      "early", {"--pretrained", RunDir("base") + "/model", "--epochs", "50", "--early-stopping",
                "2", "--learning-rate", "1e-4", "--ema-decay", "0", "--publish", Model() + "/"});
  arguments[0] = wrong.path();
  ASSERT_EQ(Run(arguments), 0) << ReadFile(log());
  EXPECT_THAT(ReadFile(log()), HasSubstr("no better top-1 in 2 epochs"));

  const std::vector<EpochFacts> epochs = *ReadEpochsCsv(RunDir("early"));
  const auto best = std::ranges::max_element(
      epochs, {}, [](const EpochFacts& epoch) { return epoch.validation->top1; });
  ASSERT_EQ(epochs.size(), static_cast<std::size_t>(best->epoch + 2));
  EXPECT_THAT(ReadFile(log()), HasSubstr(absl::StrFormat(
                                   "published %s/1, the best weights, of epoch %d: top-1 %.2f %%",
                                   Model(), best->epoch, 100 * best->validation->top1)));
  const std::string checkpoints = RunDir("early") + "/checkpoints";
  const std::string published = Weights(Model() + "/1");
  EXPECT_TRUE(published == Weights(checkpoints + "/best/model"));
  EXPECT_FALSE(published == Weights(checkpoints + "/last/model"));
  // With what is known of those weights, not of the last.
  const auto file = Safetensors::Open(Model() + "/1/model.safetensors");
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->metadata().at("epochs"), std::to_string(best->epoch));
  EXPECT_EQ(file->metadata().at("steps"), std::to_string(best->step));

  // A run at its end stays there, and its model is published once.
  const std::string state = State("early");
  const std::string metrics = ReadFile(RunDir("early") + "/metrics.csv");
  ASSERT_EQ(Run({"--output", RunDir("early"), "--resume"}), 0) << ReadFile(log());
  EXPECT_THAT(ReadFile(log()), testing::AllOf(HasSubstr("no better top-1 in 2 epochs"),
                                              HasSubstr("published already, and not again: " +
                                                        Model() + "/1, the best weights")));
  EXPECT_TRUE(State("early") == state);
  EXPECT_EQ(ReadFile(RunDir("early") + "/metrics.csv"), metrics);
  EXPECT_EQ(Versions(Model()), 1);
}

TEST_F(TrainPublishTest, AModelOnceAVersion) {
  const std::vector<std::string> publish = {"--publish", Model(), "--epochs", "1"};
  ASSERT_EQ(Run(Arguments("run", publish)), 0) << ReadFile(log());
  EXPECT_THAT(ReadFile(log()),
              HasSubstr("published " + Model() + "/1, the finished weights, of epoch 1: top-1 "));
  EXPECT_TRUE(Weights(Model() + "/1") == Weights(RunDir("run") + "/model"));
  EXPECT_EQ(ReadFile(Model() + "/1/config.json"), ReadFile(RunDir("run") + "/model/config.json"));
  ASSERT_EQ(Run({"--output", RunDir("run"), "--resume"}), 0) << ReadFile(log());
  EXPECT_EQ(Versions(Model()), 1);
  // Another run's model is another one.
  std::vector<std::string> other = publish;
  other.insert(other.end(), {"--seed", "2"});
  ASSERT_EQ(Run(Arguments("other", other)), 0) << ReadFile(log());
  EXPECT_TRUE(fs::exists(Model() + "/2"));
  // So is the same one under another name, or after it was taken away.
  const std::string elsewhere = RunDir("models") + "/numbers";
  ASSERT_EQ(Run({"--output", RunDir("run"), "--resume", "--publish", elsewhere}), 0);
  EXPECT_TRUE(fs::exists(elsewhere + "/1"));
  fs::remove_all(elsewhere + "/1");
  ASSERT_EQ(Run({"--output", RunDir("run"), "--resume"}), 0);
  EXPECT_TRUE(fs::exists(elsewhere + "/1"));
}

TEST_F(TrainPublishTest, LooksAtThePlaceBeforeItTrains) {
  const TemporaryFolder folder;
  const std::string file = folder.Write("file", "");
  for (const std::string& place : {file + "/digits", file, folder.path() + "/.digits"}) {
    EXPECT_EQ(Run(Arguments("run", {"--publish", place})), 2) << place << ReadFile(log());
    EXPECT_FALSE(fs::exists(RunDir("run"))) << place;
  }
  ASSERT_EQ(Run(Arguments("run", {"--epochs", "1"})), 0) << ReadFile(log());
  EXPECT_EQ(Run({"--output", RunDir("run"), "--resume", "--publish", file + "/digits"}), 2);
  EXPECT_THAT(ReadFile(log()), HasSubstr(file + ": is no folder"));
}

TEST_F(TrainPublishTest, AModelTellsWhereItIsFrom) {
  ASSERT_EQ(Run(Arguments("run", {"--epochs", "2"})), 0) << ReadFile(log());
  const auto file = Safetensors::Open(RunDir("run") + "/model/model.safetensors");
  ASSERT_TRUE(file.ok()) << file.status();
  const auto& metadata = file->metadata();
  EXPECT_EQ(metadata.at("format"), "pt");
  EXPECT_EQ(metadata.at("data"), data());
  EXPECT_EQ(metadata.at("epochs"), "2");
  EXPECT_EQ(metadata.at("steps"), "24");
  train::v1::TrainingConfig told;
  train::v1::TrainingConfig written;
  using google::protobuf::TextFormat;
  ASSERT_TRUE(TextFormat::ParseFromString(metadata.at("configuration"), &told));
  ASSERT_TRUE(TextFormat::ParseFromString(ReadFile(RunDir("run") + "/config.textproto"), &written));
  EXPECT_EQ(told.DebugString(), written.DebugString());
  EXPECT_EQ(told.run().epochs(), 2);
  ASSERT_EQ(Run({"--version"}), 0);
  EXPECT_EQ(ReadFile(log()), "avocet-train " + metadata.at("avocet_version") + "\n");
}

}  // namespace
}  // namespace avocet
