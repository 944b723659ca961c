#include "engine/train/job/train_command.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/base/status.h"
#include "engine/checkpoint/checkpoint.h"
#include "engine/train/data/open_dataset.h"
#include "engine/train/job/config_file.h"
#include "engine/train/job/config_flags.h"
#include "engine/train/job/config_options.h"
#include "engine/train/job/model_output.h"
#include "engine/train/job/run_summary.h"
#include "engine/train/job/trainer.h"
#include "engine/train/report/make_observers.h"

namespace avocet {
namespace {

using train::v1::TrainingConfig;

constexpr char kDescription[] = "Trains an image classifier on a folder of images.";
constexpr char kFooter[] = R"(Examples:
  avocet-train photos/ --pretrained models/tf_efficientnet_lite0/1 --epochs 10 --output run1
  avocet-train mnist/ --model lenet5 --output digits --publish models/digits
  avocet-train --resume --output run1

RUN_DIR/model is what avocet-server and timm load; RUN_DIR/config.textproto holds every option.
Exit status: 0 done, 1 failed, 2 wrong usage, 3 stopped by a signal (--resume goes on).)";

struct CommandLine {
  TrainingConfig given;
  bool resume = false;
};

// A run that is about to begin, or to go on.
struct Job {
  TrainingConfig config;  // resolved
  TrainingData data;
  TrainedNetwork network;
  std::unique_ptr<RunFolder> folder;
};

void Say(const std::string& text) {
  std::printf("%s\n", text.c_str());
  std::fflush(stdout);
}

absl::StatusOr<TrainingData> OpenData(const TrainingConfig& config) {
  if (config.data().data().empty()) {
    return absl::InvalidArgumentError("no images to train on: the argument DATA is missing");
  }
  return OpenDataset(config.data().data(),
                     {.validation_path = config.data().validation(),
                      .validation_fraction = config.data().validation_fraction(),
                      .seed = config.run().seed()});
}

absl::StatusOr<std::string> OutputOf(const TrainingConfig& given) {
  if (!given.outputs().output().empty()) return given.outputs().output();
  return absl::InvalidArgumentError("where to? --output RUN_DIR is missing");
}

absl::StatusOr<Job> NewJob(const CommandLine& line) {
  ASSIGN_OR_RETURN(const std::string output, OutputOf(line.given));
  Job job;
  job.config = line.given;
  RETURN_IF_ERROR(ResolveNetwork(job.config));
  ASSIGN_OR_RETURN(const int channels, InputChannels(job.config));
  RETURN_IF_ERROR(ResolveConfig(channels, job.config));
  ASSIGN_OR_RETURN(job.data, OpenData(job.config));
  ASSIGN_OR_RETURN(job.network, SetUpNetwork(job.config, job.data.train.class_names));
  ASSIGN_OR_RETURN(RunFolder folder, RunFolder::Open(output));
  job.folder = std::make_unique<RunFolder>(std::move(folder));
  if (!job.folder->Last().empty()) {
    return absl::AlreadyExistsError(absl::StrCat(
        output, ": there is a run already; go on with it by --resume, or choose another folder"));
  }
  RETURN_IF_ERROR(WriteConfigFile(job.folder->config_file(), job.config));
  return job;
}

absl::StatusOr<Job> OldJob(const CommandLine& line) {
  ASSIGN_OR_RETURN(const std::string output, OutputOf(line.given));
  const std::filesystem::path file = std::filesystem::path(output) / "config.textproto";
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) {
    return absl::NotFoundError(absl::StrCat(output, ": there is no run to resume"));
  }
  ASSIGN_OR_RETURN(TrainingConfig recorded, ReadConfigFile(file));
  Job job;
  ASSIGN_OR_RETURN(job.config, ResumeConfig(std::move(recorded), line.given));
  ASSIGN_OR_RETURN(job.data, OpenData(job.config));
  ASSIGN_OR_RETURN(job.network, SetUpNetwork(job.config, job.data.train.class_names));
  ASSIGN_OR_RETURN(RunFolder folder, RunFolder::Open(output));
  job.folder = std::make_unique<RunFolder>(std::move(folder));
  return job;
}

absl::Status Publish(const Job& job, const Trainer& trainer) {
  const std::string& model = job.config.outputs().publish();
  if (model.empty()) return absl::OkStatus();
  std::optional<Parameters> best;
  // Who stops early wants the weights from before it got worse.
  if (job.config.run().early_stopping() > 0 && !job.folder->Best().empty()) {
    ASSIGN_OR_RETURN(best, LoadParameters(job.folder->Best() / "model", job.network.graph));
  }
  ASSIGN_OR_RETURN(const std::string path,
                   PublishModel(model, job.config, job.network, best ? *best : trainer.finished(),
                                trainer.progress()));
  Say(absl::StrCat("published ", path));
  return absl::OkStatus();
}

// Files that were skipped; a run does not end for one of them.
void WarnOfUnreadable(const Trainer& trainer) {
  constexpr std::size_t kNamed = 20;
  const std::vector<UnreadableImage> images = trainer.unreadable();
  for (std::size_t i = 0; i < std::min(images.size(), kNamed); ++i) {
    std::fprintf(stderr, "skipped %s: %s\n", images[i].name.c_str(), images[i].reason.c_str());
  }
  if (images.size() > kNamed) {
    std::fprintf(stderr, "and %zu more images that cannot be read\n", images.size() - kNamed);
  }
}

ObserverOptions ObserverOptionsOf(const Job& job) {
  ObserverOptions options{.run_folder = job.folder->path().string()};
  if (job.config.outputs().metrics_port() >= 0) {
    options.metrics_port = job.config.outputs().metrics_port();
  }
  return options;
}

absl::Status Train(const CommandLine& line, const std::atomic<bool>& stop) {
  ASSIGN_OR_RETURN(Job job, line.resume ? OldJob(line) : NewJob(line));
  ASSIGN_OR_RETURN(const std::unique_ptr<RunObserver> observer,
                   MakeObservers(ObserverOptionsOf(job), std::cout, STDOUT_FILENO));
  TrainerInputs inputs{.phase = {.config = &job.config,
                                 .data = &job.data,
                                 .network = &job.network,
                                 .folder = job.folder->path(),
                                 .say = Say},
                       .network = &job.network,
                       .folder = &*job.folder,
                       .observer = observer.get(),
                       .stop = &stop};
  ASSIGN_OR_RETURN(inputs.phase.precision, PrecisionOf(job.config));
  ASSIGN_OR_RETURN(const std::unique_ptr<Trainer> trainer, Trainer::Create(inputs));
  if (!job.folder->Last().empty()) RETURN_IF_ERROR(trainer->Resume());
  const RunFacts facts = FactsOf(inputs, *trainer);
  Say(SummaryText(facts));
  if (trainer->progress().epoch < job.config.run().epochs()) {
    ASSIGN_OR_RETURN(const Trainer::Speed speed, trainer->Measure());
    Say(SpeedText(speed, job.config, trainer->progress()));
  }
  observer->OnStart(facts);
  RunResult result;
  result.status = trainer->Run(result);
  observer->OnEnd(result);
  WarnOfUnreadable(*trainer);
  RETURN_IF_ERROR(result.status);
  if (result.scores) {
    Say(absl::StrFormat("the finished weights: top-1 %.2f %% of %d validation images; model: %s",
                        100 * result.scores->top1(), result.scores->images(),
                        (job.folder->path() / "model").string()));
  }
  return Publish(job, *trainer);
}

bool IsUsageError(const absl::Status& status) {
  return absl::IsInvalidArgument(status) || absl::IsNotFound(status) ||
         absl::IsAlreadyExists(status);
}

}  // namespace

int RunTrainCommand(int argc, const char* const* argv, const std::atomic<bool>& stop) {
  CLI::App app(kDescription, "avocet-train");
  app.footer(kFooter);
  app.set_version_flag("--version", "avocet-train " AVOCET_VERSION);
  CommandLine line;
  std::string file;
  app.add_option("--config", file, "Options in protobuf's text format; flags win")
      ->type_name("FILE");
  app.add_flag("--resume", line.resume, "Go on with the run in --output, where it was stopped");
  const ConfigFlags flags(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help_or_version) {
    return app.exit(help_or_version);
  } catch (const CLI::ParseError& error) {
    std::fprintf(stderr, "avocet-train: %s\nSee avocet-train --help.\n", error.what());
    return kTrainExitUsage;
  }
  const auto run = [&]() -> absl::Status {
    if (!file.empty()) {
      ASSIGN_OR_RETURN(line.given, ReadConfigFile(file));
    }
    line.given.MergeFrom(flags.Given());
    return Train(line, stop);
  };
  const absl::Status status = run();
  if (status.ok()) return kTrainExitDone;
  std::fprintf(stderr, "avocet-train: %s\n", std::string(status.message()).c_str());
  if (absl::IsCancelled(status)) return kTrainExitStopped;
  return IsUsageError(status) ? kTrainExitUsage : kTrainExitFailed;
}

}  // namespace avocet
