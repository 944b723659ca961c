#include "engine/train/job/config_file.h"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "engine/base/status.h"
#include "engine/checkpoint/atomic_file.h"
#include "engine/train/job/config_fields.h"
#include "engine/train/job/config_flags.h"
#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/text_format.h"

namespace avocet {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::TextFormat;
using train::v1::TrainingConfig;

// Keeps the first error; the parser counts lines and columns from 0.
class FirstError : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, int column, const std::string& message) override {
    if (text_.empty()) text_ = absl::StrCat(line + 1, ":", column + 1, ": ", message);
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

// A run that an earlier version began can be resumed: its configuration has these lines, just as
// WriteConfigFile makes them, with the fields' names of then.
std::string WithPresentNames(const std::string& text) {
  return absl::StrReplaceAll(text, {{"\n  head_lr: ", "\n  head_lr_factor: "},
                                    {"\n  backbone_lr: ", "\n  backbone_lr_factor: "}});
}

}  // namespace

absl::Status CheckConfig(const TrainingConfig& config, const std::string& source) {
  absl::Status status;
  ForEachConfigField([&](const FieldDescriptor& group, const FieldDescriptor& field) {
    if (!status.ok() || !HasField(config, group, field)) return;
    const std::string problem = FieldProblem(field, FieldText(config, group, field));
    if (problem.empty()) return;
    status = absl::InvalidArgumentError(
        absl::StrCat(source, ": ", group.name(), ".", field.name(), ": ", problem));
  });
  return status;
}

absl::StatusOr<TrainingConfig> ReadConfigFile(const std::string& path) {
  std::ifstream stream(path);
  std::stringstream text;
  text << stream.rdbuf();
  if (!stream) return absl::ErrnoToStatus(errno, absl::StrCat(path, ": cannot read"));
  TrainingConfig config;
  TextFormat::Parser parser;
  FirstError error;
  parser.RecordErrorsTo(&error);
  if (!parser.ParseFromString(WithPresentNames(text.str()), &config)) {
    return absl::InvalidArgumentError(absl::StrCat(path, ":", error.text()));
  }
  RETURN_IF_ERROR(CheckConfig(config, path));
  return config;
}

absl::Status WriteConfigFile(const std::string& path, const TrainingConfig& config) {
  std::string text;
  TextFormat::PrintToString(config, &text);
  return WriteFileAtomically(path, absl::StrCat("# proto-file: proto/training.proto\n"
                                                "# proto-message: avocet.train.v1.TrainingConfig\n",
                                                text));
}

void SetDefaults(TrainingConfig& config) {
  ForEachConfigField([&](const FieldDescriptor& group, const FieldDescriptor& field) {
    if (HasField(config, group, field) || !field.has_default_value()) return;
    SetField(group, field, DefaultText(field), config).IgnoreError();
  });
}

void MakePathsAbsolute(TrainingConfig& config) {
  ForEachConfigField([&](const FieldDescriptor& group, const FieldDescriptor& field) {
    if (!field.options().GetExtension(train::v1::flag).path()) return;
    const std::string text = FieldText(config, group, field);
    if (text.empty()) return;
    std::error_code error;
    const auto path = std::filesystem::absolute(text, error).lexically_normal();
    // A working directory that is no more has no absolute path; whoever opens the relative one says
    // what is wrong.
    if (error) return;
    const std::string whole = (path.has_filename() ? path : path.parent_path()).string();
    SetField(group, field, whole, config).IgnoreError();
  });
}

absl::StatusOr<TrainingConfig> ResumeConfig(TrainingConfig recorded, const TrainingConfig& given) {
  absl::Status status;
  ForEachConfigField([&](const FieldDescriptor& group, const FieldDescriptor& field) {
    if (!status.ok() || !HasField(given, group, field)) return;
    const std::string now = FieldText(given, group, field);
    if (field.options().GetExtension(train::v1::flag).resumable()) {
      status = SetField(group, field, now, recorded);
      return;
    }
    const std::string then = FieldText(recorded, group, field);
    if (HasField(recorded, group, field) && then == now) return;
    status = absl::InvalidArgumentError(
        absl::StrCat(FlagName(field), " was \"", then, "\" when the run began and is \"", now,
                     "\" now: a run is resumed with the same value, or without giving any"));
  });
  if (!status.ok()) return status;
  return recorded;
}

}  // namespace avocet
