#include "engine/train/job/train_command.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/base/status.h"
#include "engine/train/job/config_file.h"
#include "engine/train/job/config_flags.h"
#include "engine/train/job/config_options.h"
#include "engine/train/job/job_setup.h"
#include "engine/train/job/publish.h"
#include "engine/train/job/run_summary.h"
#include "engine/train/job/skipped_images.h"
#include "engine/train/job/speed.h"
#include "engine/train/job/trainer.h"
#include "engine/train/mpi/agreement.h"
#include "engine/train/report/data_lists.h"
#include "engine/train/report/make_observers.h"

namespace avocet {
namespace {

using train::v1::TrainingConfig;

constexpr char kDescription[] = "Trains an image classifier on a folder of images.";
constexpr char kFooter[] = R"(Examples:
  avocet-train photos/ --pretrained models/tf_efficientnet_lite0/1 --epochs 10 --output run1
  avocet-train mnist/ --model lenet5 --output digits --publish models/digits
  avocet-train --resume --output run1
  mpirun -n 4 avocet-train photos/ --model resnet18 --batch-size 128 --sync-bn --output run2

RUN_DIR/model is what avocet-server and timm load; RUN_DIR/config.textproto holds every option.
Exit status: 0 done, 1 failed, 2 wrong usage, 3 stopped by a signal (--resume goes on).)";

struct CommandLine {
  TrainingConfig given;
  bool resume = false;
};

void Print(const std::string& text) {
  std::printf("%s\n", text.c_str());
  std::fflush(stdout);
}

absl::Status Publish(const Job& job, const Progress& progress, const RunResult& result) {
  const std::string& model = job.config.outputs().publish();
  if (model.empty()) return absl::OkStatus();
  // Who stops early wants the weights from before it got worse.
  const bool best = job.config.run().early_stopping() > 0 && !job.folder->Best().empty();
  const std::filesystem::path checkpoint = best ? job.folder->Best() : job.folder->Last();
  ASSIGN_OR_RETURN(const PublishedModel published, PublishModel(model, checkpoint / "model"));
  std::string text = absl::StrCat(
      published.is_new ? "published " : "published already, and not again: ", published.path,
      best ? ", the best weights, of epoch " : ", the finished weights, of epoch ",
      best ? progress.best_epoch : progress.epoch);
  if (best || result.scores) {
    absl::StrAppendFormat(&text, ": top-1 %.2f %%",
                          100 * (best ? progress.best_top1 : result.scores->top1()));
  }
  Print(text);
  return absl::OkStatus();
}

// What any process could not read, also what the first look found; a run does not end for it.
std::vector<SkippedImage> Skipped(Trainer& trainer, const RunFacts& facts, ProcessGroup* group) {
  SkippedByName all = trainer.skipped();
  for (const auto& [name, reason] : facts.skipped) all.emplace(name, reason);
  return GatherSkipped(group, all);
}

// Nobody watches the processes that are not the first.
absl::StatusOr<std::unique_ptr<RunObserver>> ObserverOf(const Job& job) {
  if (job.folder == nullptr) return std::make_unique<RunObserver>();
  ObserverOptions options{.run_folder = job.folder->path().string()};
  if (job.config.outputs().metrics_port() >= 0) {
    options.metrics_port = job.config.outputs().metrics_port();
  }
  return MakeObservers(options, std::cout, STDOUT_FILENO);
}

bool IsUsageError(const absl::Status& status) {
  return absl::IsInvalidArgument(status) || absl::IsNotFound(status) ||
         absl::IsAlreadyExists(status);
}

// What goes wrong after the arguments have been looked at is no mistake in them, whatever its code:
// damaged checkpoints, images that cannot be read.
absl::Status AtRunTime(const absl::Status& status) {
  return IsUsageError(status) ? absl::FailedPreconditionError(status.message()) : status;
}

absl::Status Train(const CommandLine& line, const std::atomic<bool>& stop, ProcessGroup* group) {
  ASSIGN_OR_RETURN(Job job, line.resume ? OldJob(line.given, group) : NewJob(line.given, group));
  ASSIGN_OR_RETURN(const std::unique_ptr<RunObserver> observer, Agree(group, ObserverOf(job)));
  const std::string& folder = job.config.outputs().output();
  std::function<void(const std::string&)> say = [](const std::string&) {};
  if (IsFirst(group)) say = Print;
  TrainerInputs inputs{.phase = {.config = &job.config,
                                 .data = &job.data,
                                 .network = &job.network,
                                 .group = group,
                                 .folder = folder,
                                 .say = say,
                                 .stop = &stop},
                       .network = &job.network,
                       .folder = job.folder.get(),
                       .observer = observer.get()};
  ASSIGN_OR_RETURN(inputs.phase.precision, PrecisionOf(job.config));
  ASSIGN_OR_RETURN(const std::unique_ptr<Trainer> trainer, Agree(group, Trainer::Create(inputs)));
  RETURN_IF_ERROR(AtRunTime(trainer->Begin()));
  DataFindings findings;
  if (IsFirst(group)) findings = LookAtData(job.config, job.data, stop);
  RunFacts facts = FactsOf(inputs, *trainer);
  facts.data_notes = std::move(findings.notes);
  facts.skipped = std::move(findings.skipped);
  say(SummaryText(facts));
  if (!trainer->AtEnd()) {
    ASSIGN_OR_RETURN(const Speed speed, trainer->Measure());
    say(SpeedText(speed, job.config.run().batch_size()));
  }
  observer->OnStart(facts);
  RunResult result;
  result.status = AtRunTime(trainer->Run(result));
  result.skipped = Skipped(*trainer, facts, group);
  observer->OnEnd(result);
  if (IsFirst(group)) {
    const std::filesystem::path list = std::filesystem::path(folder) / kUnreadableFile;
    std::fputs(SkippedText(result.skipped, list.string()).c_str(), stderr);
  }
  RETURN_IF_ERROR(result.status);
  if (result.scores) {
    say(absl::StrFormat("the finished weights: top-1 %.2f %% of %d validation images; model: %s",
                        100 * result.scores->top1(), result.scores->images(),
                        (std::filesystem::path(folder) / "model").string()));
  }
  absl::Status published;
  if (IsFirst(group)) published = Publish(job, trainer->progress(), result);
  return AtRunTime(Agree(group, published));
}

// All processes of the group come to the same end, and the first one says it.
int Run(int argc, const char* const* argv, const std::atomic<bool>& stop, ProcessGroup* group) {
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
    return IsFirst(group) ? app.exit(help_or_version) : kTrainExitDone;
  } catch (const CLI::ParseError& error) {
    if (IsFirst(group)) {
      std::fprintf(stderr, "avocet-train: %s\nSee avocet-train --help.\n", error.what());
    }
    return kTrainExitUsage;
  }
  const auto run = [&]() -> absl::Status {
    if (!file.empty()) {
      ASSIGN_OR_RETURN(line.given, Agree(group, ReadConfigFile(file)));
    }
    line.given.MergeFrom(flags.Given());
    return Train(line, stop, group);
  };
  const absl::Status status = run();
  if (status.ok()) return kTrainExitDone;
  if (IsFirst(group)) {
    std::fprintf(stderr, "avocet-train: %s\n", std::string(status.message()).c_str());
  }
  if (absl::IsCancelled(status)) return kTrainExitStopped;
  return IsUsageError(status) ? kTrainExitUsage : kTrainExitFailed;
}

}  // namespace

int RunTrainCommand(int argc, const char* const* argv, const std::atomic<bool>& stop) {
  const absl::StatusOr<std::unique_ptr<ProcessGroup>> group = JoinProcessGroup();
  if (!group.ok()) {
    std::fprintf(stderr, "avocet-train: %s\n", std::string(group.status().message()).c_str());
    return kTrainExitFailed;
  }
  return Run(argc, argv, stop, group->get());
}

}  // namespace avocet
