#include "engine/train/job/training_state.h"

#include <cstring>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/base/status.h"
#include "engine/checkpoint/safetensors.h"
#include "engine/checkpoint/safetensors_writer.h"
#include "engine/train/mpi/replicas.h"

namespace avocet {
namespace {

// "<group>/<name>", and the numbers under that name.
struct Group {
  const char* name;
  std::span<const ParameterSpec> specs;
  Parameters* values;
};

std::vector<Group> Groups(const TrainingState& state) {
  std::vector<Group> groups = {{"weights", state.parameter_specs, state.parameters},
                               {"optimizer", state.optimizer_specs, state.optimizer}};
  if (state.average != nullptr) {
    groups.push_back({"average", state.parameter_specs, state.average});
  }
  return groups;
}

// Calls visit(name, field) for each number.
template <typename Numbers, typename Visit>
void ForEachNumber(Numbers& progress, const Visit& visit) {
  visit("step", progress.step);
  visit("epoch", progress.epoch);
  visit("batch", progress.batch);
  visit("average_updates", progress.average_updates);
  visit("loss_sum", progress.loss_sum);
  visit("correct", progress.correct);
  visit("images", progress.images);
  visit("best_top1", progress.best_top1);
  visit("best_epoch", progress.best_epoch);
  visit("epochs_without_better", progress.epochs_without_better);
}

std::string Text(std::int64_t value) { return absl::StrCat(value); }
std::string Text(double value) { return absl::StrFormat("%.17g", value); }
bool Parse(const std::string& text, std::int64_t& value) {
  return absl::SimpleAtoi(text, &value) && value >= 0;
}
bool Parse(const std::string& text, double& value) { return absl::SimpleAtod(text, &value); }

constexpr char kData[] = "data";

absl::Status ReadNumbers(const Safetensors& file, const std::string& path, Progress& progress) {
  absl::Status status;
  ForEachNumber(progress, [&](const char* name, auto& value) {
    const auto found = file.metadata().find(name);
    if (found == file.metadata().end() || !Parse(found->second, value)) {
      status = absl::InvalidArgumentError(
          absl::StrCat(path, ": no training state: its metadata lacks a valid \"", name, "\""));
    }
  });
  return status;
}

absl::Status CheckData(const Safetensors& file, const std::string& path, const std::string& data) {
  const auto found = file.metadata().find(kData);
  if (data.empty() || found == file.metadata().end() || found->second == data) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(absl::StrCat(
      path, ": the run was stopped with ", found->second, ", and DATA has ", data,
      " now: a run goes on with the same images, of the same names and classes. Put them back, or "
      "begin another run with --pretrained RUN_DIR/model"));
}

}  // namespace

absl::Status WriteTrainingState(const std::string& path, const TrainingState& state) {
  std::vector<TensorToWrite> tensors;
  for (const Group& group : Groups(state)) {
    for (TensorToWrite& tensor : TensorsOf(*group.values, group.specs)) {
      tensor.name = absl::StrCat(group.name, "/", tensor.name);
      tensors.push_back(std::move(tensor));
    }
  }
  Metadata metadata = {{"format", "pt"}};
  if (!state.data.empty()) metadata[kData] = state.data;
  const Progress& progress = *state.progress;
  ForEachNumber(progress, [&](const char* name, auto value) { metadata[name] = Text(value); });
  return WriteSafetensors(path, std::move(tensors), metadata);
}

absl::Status ReadTrainingState(const std::string& path, const TrainingState& state) {
  ASSIGN_OR_RETURN(const Safetensors file, Safetensors::Open(path));
  RETURN_IF_ERROR(CheckData(file, path, state.data));
  RETURN_IF_ERROR(ReadNumbers(file, path, *state.progress));
  std::size_t count = 0;
  for (const Group& group : Groups(state)) {
    count += group.specs.size();
    for (const ParameterSpec& spec : group.specs) {
      const std::string name = absl::StrCat(group.name, "/", spec.name);
      const TensorView* const tensor = file.Find(name);
      const std::span<float> values = group.values->Get(spec.name);
      if (tensor == nullptr || tensor->dtype != DType::kF32 || tensor->shape != spec.shape) {
        return absl::InvalidArgumentError(
            absl::StrCat(path, ": lacks \"", name,
                         "\" of this shape: it is the state of another network or optimizer"));
      }
      std::memcpy(values.data(), tensor->data.data(), tensor->data.size());
    }
  }
  if (count != file.tensors().size()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": has ", file.tensors().size(), " tensors where ", count,
                     " are expected: it is the state of another network or optimizer"));
  }
  return absl::OkStatus();
}

void BroadcastTrainingState(Collective& group, const TrainingState& state) {
  for (const Group& values : Groups(state)) BroadcastParameters(group, *values.values);
  std::vector<double> numbers;
  ForEachNumber(*state.progress, [&](const char*, const auto& field) {
    numbers.push_back(group.rank() == 0 ? static_cast<double>(field) : 0.0);
  });
  group.Sum(std::span<double>(numbers));
  auto number = numbers.begin();
  ForEachNumber(*state.progress, [&](const char*, auto& field) {
    field = static_cast<std::remove_reference_t<decltype(field)>>(*number++);
  });
}

}  // namespace avocet
