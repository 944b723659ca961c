#include "engine/train/job/job_setup.h"

#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/precision.h"
#include "engine/base/status.h"
#include "engine/onednn/precision_speed.h"
#include "engine/train/data/open_dataset.h"
#include "engine/train/job/config_file.h"
#include "engine/train/job/config_options.h"
#include "engine/train/job/data_identity.h"
#include "engine/train/mpi/agreement.h"

namespace avocet {
namespace {

using train::v1::TrainingConfig;

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

// Machines with their own copies of the images may have different ones, and then not even the
// number of steps is the same.
absl::Status CheckSameData(const TrainingData& data, ProcessGroup* group) {
  const std::string mine = SizesOf(data);
  const std::string first = BroadcastText(group, 0, mine);
  absl::Status status;
  if (mine != first) {
    status = absl::FailedPreconditionError(
        absl::StrCat("found ", mine, ", where the first process found ", first));
  }
  return Agree(group, status);
}

// The first process's choice, and written down with the rest: a measurement may end otherwise when
// the run is resumed, or elsewhere.
void ResolvePrecision(TrainingConfig& config, ProcessGroup* group) {
  if (config.run().precision() != "auto") return;
  std::string chosen;
  if (IsFirst(group)) chosen = PrecisionName(FasterPrecision(config.run().threads()));
  config.mutable_run()->set_precision(BroadcastText(group, 0, chosen));
}

// Images and network of a configuration that is resolved but for the precision.
absl::StatusOr<Job> JobOf(TrainingConfig config, ProcessGroup* group) {
  ResolvePrecision(config, group);
  RETURN_IF_ERROR(CheckShares(config, group == nullptr ? 1 : group->size()));
  Job job;
  job.config = std::move(config);
  ASSIGN_OR_RETURN(job.data, Agree(group, OpenData(job.config)));
  RETURN_IF_ERROR(CheckSameData(job.data, group));
  ASSIGN_OR_RETURN(job.network, Agree(group, SetUpNetwork(job.config, job.data.train.class_names)));
  return job;
}

absl::StatusOr<TrainingConfig> Resolve(TrainingConfig config) {
  RETURN_IF_ERROR(ResolveNetwork(config));
  ASSIGN_OR_RETURN(const int channels, InputChannels(config));
  RETURN_IF_ERROR(ResolveConfig(channels, config));
  return config;
}

absl::StatusOr<std::unique_ptr<RunFolder>> OpenFolder(const std::string& output) {
  ASSIGN_OR_RETURN(RunFolder folder, RunFolder::Open(output));
  return std::make_unique<RunFolder>(std::move(folder));
}

absl::StatusOr<std::unique_ptr<RunFolder>> NewFolder(const std::string& output,
                                                     const TrainingConfig& config) {
  ASSIGN_OR_RETURN(std::unique_ptr<RunFolder> folder, OpenFolder(output));
  if (!folder->Last().empty()) {
    return absl::AlreadyExistsError(absl::StrCat(
        output, ": there is a run already; go on with it by --resume, or choose another folder"));
  }
  RETURN_IF_ERROR(WriteConfigFile(folder->config_file(), config));
  return folder;
}

absl::StatusOr<TrainingConfig> RecordedConfig(const std::string& output) {
  const std::filesystem::path file = std::filesystem::path(output) / "config.textproto";
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) {
    return absl::NotFoundError(absl::StrCat(output, ": there is no run to resume"));
  }
  return ReadConfigFile(file);
}

// The first process's.
absl::StatusOr<TrainingConfig> SharedConfig(const std::string& output, ProcessGroup* group) {
  absl::StatusOr<TrainingConfig> config = TrainingConfig();
  if (IsFirst(group)) config = RecordedConfig(output);
  ASSIGN_OR_RETURN(TrainingConfig recorded, Agree(group, std::move(config)));
  if (!recorded.ParseFromString(BroadcastText(group, 0, recorded.SerializeAsString()))) {
    return absl::InternalError("the first process's configuration arrived damaged");
  }
  return recorded;
}

}  // namespace

absl::StatusOr<Job> NewJob(const TrainingConfig& given, ProcessGroup* group) {
  ASSIGN_OR_RETURN(const std::string output, OutputOf(given));
  ASSIGN_OR_RETURN(TrainingConfig config, Agree(group, Resolve(given)));
  ASSIGN_OR_RETURN(Job job, JobOf(std::move(config), group));
  absl::StatusOr<std::unique_ptr<RunFolder>> folder = nullptr;
  if (IsFirst(group)) folder = NewFolder(output, job.config);
  ASSIGN_OR_RETURN(job.folder, Agree(group, std::move(folder)));
  return job;
}

absl::StatusOr<Job> OldJob(const TrainingConfig& given, ProcessGroup* group) {
  ASSIGN_OR_RETURN(const std::string output, OutputOf(given));
  ASSIGN_OR_RETURN(TrainingConfig recorded, SharedConfig(output, group));
  ASSIGN_OR_RETURN(TrainingConfig config, Agree(group, ResumeConfig(std::move(recorded), given)));
  ASSIGN_OR_RETURN(Job job, JobOf(std::move(config), group));
  absl::StatusOr<std::unique_ptr<RunFolder>> folder = nullptr;
  if (IsFirst(group)) folder = OpenFolder(output);
  ASSIGN_OR_RETURN(job.folder, Agree(group, std::move(folder)));
  return job;
}

}  // namespace avocet
