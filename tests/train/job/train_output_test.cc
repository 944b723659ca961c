// What a run leaves behind, and what it tells while it goes on.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <regex>
#include <string>
#include <thread>
#include <vector>

#include "engine/checkpoint/model_config.h"
#include "engine/checkpoint/model_config_writer.h"
#include "tests/server/scrape.h"
#include "tests/train/data/data_fixtures.h"
#include "tests/train/job/train_command_fixture.h"

namespace avocet {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;

TEST_F(TrainCommandTest, ModelsWantImagesAsTheyWereTrainedWith) {
  ASSERT_EQ(Run(Arguments("base", {"--epochs", "1"})), 0) << ReadFile(log());
  ModelConfig config = *ReadModelConfig(RunDir("base") + "/model");
  EXPECT_EQ(config.preprocess.height, 32);
  EXPECT_EQ(config.preprocess.channels, 1);
  config.preprocess.mean = {0.25f, 0.25f, 0.25f};
  config.preprocess.std = {0.125f, 0.125f, 0.125f};
  config.preprocess.interpolation = Interpolation::kLanczos;
  config.preprocess.crop_pct = 0.75;
  config.preprocess.crop_mode = CropMode::kSquash;
  ASSERT_TRUE(WriteModelConfig(RunDir("base") + "/model", config).ok());
  const auto run = [&](const std::string& name, std::vector<std::string> more) {
    more.insert(more.end(), {"--epochs", "1", "--pretrained", RunDir("base") + "/model",
                             "--publish", RunDir("models") + "/" + name});
    EXPECT_EQ(Run(Arguments(name, more)), 0) << ReadFile(log());
    const ModelConfig written = *ReadModelConfig(RunDir(name) + "/model");
    EXPECT_EQ(written.label_names, (std::vector<std::string>{"0", "1", "2"}));
    EXPECT_EQ(ReadModelConfig(RunDir("models") + "/" + name + "/1")->preprocess,
              written.preprocess);
    return written.preprocess;
  };
  EXPECT_EQ(run("same", {}), config.preprocess);
  config.preprocess.crop_pct = 0.5;
  config.preprocess.crop_mode = CropMode::kBorder;
  EXPECT_EQ(run("other", {"--crop-pct", "0.5", "--crop-mode", "border"}), config.preprocess);
}

TEST_F(TrainCommandTest, FeaturesInAFileAreThoseInMemory) {
  ASSERT_EQ(Run(Arguments("base", {"--epochs", "1"})), 0) << ReadFile(log());
  const auto state = [&](const std::string& name, const std::string& megabytes) {
    EXPECT_EQ(Run(Arguments(name, {"--pretrained", RunDir("base") + "/model", "--freeze",
                                   "backbone", "--feature-cache-mb", megabytes})),
              0)
        << ReadFile(log());
    EXPECT_THAT(ReadFile(log()),
                ContainsRegex("images/s expected of a classifier on features; .* the features "
                              "take [0-9]+ s\n"));
    return State(name);
  };
  const std::string in_memory = state("memory", "1024");
  ASSERT_FALSE(in_memory.empty());
  EXPECT_TRUE(state("file", "0") == in_memory);
}

// One that headers do not show, met in epochs whose phase is over by the end.
TEST_F(TrainCommandTest, ListsWhatItCannotRead) {
  const TemporaryFolder photos;
  std::uint32_t seed = 0;
  for (const char* folder : {"train/cat/", "train/dog/", "val/cat/", "val/dog/"}) {
    for (const char* name : {"0.png", "1.png", "2.png", "3.png"}) {
      photos.Write(folder + std::string(name), PngBytes(NoisyImage(32, 32, ++seed)));
    }
  }
  const std::string picture = PngBytes(NoisyImage(32, 32, ++seed));
  photos.Write("train/cat/inside.png", picture.substr(0, picture.size() / 2));
  photos.Write("train/dog/no header.png", picture.substr(0, 10));
  photos.Write("val/dog/validation.png", picture.substr(0, picture.size() / 2));
  std::vector<std::string> arguments = Arguments("base", {"--epochs", "1", "--batch-size", "4"});
  arguments[0] = photos.path();
  ASSERT_EQ(Run(arguments), 0) << ReadFile(log());
  arguments = Arguments("run", {"--epochs", "2", "--batch-size", "4", "--freeze", "backbone",
                                "--unfreeze-at", "3", "--pretrained", RunDir("base") + "/model"});
  arguments[0] = photos.path();
  ASSERT_EQ(Run(arguments), 0) << ReadFile(log());
  const std::string list = ReadFile(RunDir("run") + "/unreadable.csv");
  const std::string report = ReadFile(RunDir("run") + "/report.html");
  for (const char* name :
       {"/train/cat/inside.png", "/train/dog/no header.png", "/val/dog/validation.png"}) {
    EXPECT_THAT(list, HasSubstr("\n" + photos.path() + name + ",truncated PNG"));
    EXPECT_TRUE(report.find("<tr><td>" + photos.path() + name + "<td>truncated PNG") !=
                std::string::npos)
        << name;
  }
  EXPECT_EQ(std::ranges::count(list, '\n'), 4);
  EXPECT_THAT(ReadFile(log()),
              AllOf(HasSubstr("skipped " + photos.path() + "/train/cat/inside.png: "),
                    HasSubstr("3 images cannot be read; listed in " + RunDir("run") +
                              "/unreadable.csv\n")));
}

TEST_F(TrainCommandTest, TellsPrometheusHowItGoes) {
  const pid_t child =
      Start(Arguments("run", {"--epochs", "3000", "--learning-rate", "0", "--metrics-port", "0"}));
  const std::regex said("metrics on port ([0-9]+)");
  std::string answer;
  siginfo_t ended = {};
  while (ended.si_pid == 0 && SeriesIn(answer, "avocet_train_step") <= 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    const std::string text = ReadFile(log());
    if (std::smatch port; std::regex_search(text, port, said)) {
      answer = HttpGet(std::stoi(port[1]), "/metrics");
    }
    waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOHANG | WNOWAIT);
  }
  kill(child, SIGTERM);
  EXPECT_EQ(Wait(child), 3) << ReadFile(log());
  EXPECT_EQ(SeriesIn(answer, "avocet_train_steps"), 36000);
  EXPECT_EQ(SeriesIn(answer, "avocet_train_info{architecture=\"lenet5\",classes=\"3\"}"), 1);
}

}  // namespace
}  // namespace avocet
