#include "engine/train/report/metrics_csv.h"

#include <spdlog/spdlog.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "engine/base/status.h"
#include "engine/checkpoint/atomic_file.h"

namespace avocet {
namespace {

constexpr std::string_view kStepsFile = "metrics.csv";
constexpr std::string_view kEpochsFile = "epochs.csv";
// `step` comes first in both, for cutting them.
constexpr std::string_view kStepsHeader =
    "step,epoch,loss,top1,learning_rate,gradient_norm,images,seconds,wait_seconds";
constexpr std::string_view kEpochsHeader =
    "step,epoch,loss,top1,learning_rate,images,seconds,wait_seconds,validation_loss,"
    "validation_top1,validation_top5,validation_images,best";

std::string Number(double value) { return absl::StrFormat("%.9g", value); }

std::string PathOf(const std::string& folder, std::string_view name) {
  return (std::filesystem::path(folder) / name).string();
}

// The complete lines of a file; none when it is not there.
std::vector<std::string> CompleteLines(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  const std::string content{std::istreambuf_iterator<char>(stream),
                            std::istreambuf_iterator<char>()};
  std::vector<std::string> lines = absl::StrSplit(content, '\n');
  lines.pop_back();  // what follows the last line's end
  return lines;
}

// The fields of a row as numbers; an empty one is NaN.
absl::StatusOr<std::vector<double>> ParseRow(const std::string& line, std::size_t fields,
                                             const std::string& where) {
  std::vector<double> numbers;
  for (const std::string& field : std::vector<std::string>(absl::StrSplit(line, ','))) {
    char* end = nullptr;
    numbers.push_back(field.empty() ? std::strtod("nan", nullptr)
                                    : std::strtod(field.c_str(), &end));
    if (!field.empty() && end != field.c_str() + field.size()) {
      return absl::InvalidArgumentError(
          absl::StrCat(where, ": expected a number, found \"", field, "\""));
    }
  }
  if (numbers.size() != fields) {
    return absl::InvalidArgumentError(
        absl::StrCat(where, ": expected ", fields, " fields, found ", numbers.size()));
  }
  return numbers;
}

absl::StatusOr<std::vector<std::vector<double>>> ReadRows(const std::string& path,
                                                          std::string_view header) {
  const std::vector<std::string> lines = CompleteLines(path);
  std::vector<std::vector<double>> rows;
  if (lines.empty()) return rows;
  if (lines.front() != header) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": expected the columns ",
                                                   std::string(header), ", found ", lines.front()));
  }
  const std::size_t fields = std::vector<std::string>(absl::StrSplit(lines.front(), ',')).size();
  for (std::size_t i = 1; i < lines.size(); ++i) {
    ASSIGN_OR_RETURN(rows.emplace_back(),
                     ParseRow(lines[i], fields, absl::StrCat(path, ":", i + 1)));
  }
  return rows;
}

}  // namespace

void MetricsCsv::OnStart(const RunFacts& facts) {
  const auto open = [&](File& file, std::string_view name, std::string_view header,
                        std::int64_t steps_done) {
    absl::StatusOr<File> opened = Open(name, header, steps_done);
    if (opened.ok()) {
      file = *std::move(opened);
    } else {
      spdlog::error("{} is not written: {}", PathOf(run_folder_, name),
                    std::string(opened.status().message()));
    }
  };
  open(steps_, kStepsFile, kStepsHeader, facts.steps_done);
  open(epochs_, kEpochsFile, kEpochsHeader, facts.epochs_done * facts.steps_per_epoch);
}

absl::StatusOr<MetricsCsv::File> MetricsCsv::Open(std::string_view name, std::string_view header,
                                                  std::int64_t steps_done) {
  const std::string path = PathOf(run_folder_, name);
  const std::vector<std::string> lines = CompleteLines(path);
  std::string kept = absl::StrCat(std::string(header), "\n");
  if (steps_done > 0 && !lines.empty()) {
    if (lines.front() != header) {
      return absl::FailedPreconditionError(
          absl::StrCat("it has other columns than this version writes; move it away"));
    }
    for (std::size_t i = 1; i < lines.size(); ++i) {
      std::int64_t step = 0;
      const char* const end = lines[i].data() + lines[i].size();
      const bool is_row = std::from_chars(lines[i].data(), end, step).ec == std::errc();
      if (is_row && step <= steps_done) absl::StrAppend(&kept, lines[i], "\n");
    }
  }
  RETURN_IF_ERROR(WriteFileAtomically(path, kept));
  File file(std::fopen(path.c_str(), "ab"));
  if (file == nullptr) return absl::ErrnoToStatus(errno, "cannot append");
  return file;
}

void MetricsCsv::Append(File& file, const std::string& row) {
  if (file == nullptr) return;
  if (std::fputs(row.c_str(), file.get()) >= 0 && std::fflush(file.get()) == 0) return;
  spdlog::error("metrics of this run are not recorded any more: {}", std::strerror(errno));
  file.reset();
}

void MetricsCsv::OnStep(const StepFacts& step) {
  Append(steps_, absl::StrCat(step.step, ",", step.epoch, ",", Number(step.loss), ",",
                              Number(step.top1), ",", Number(step.learning_rate), ",",
                              Number(step.gradient_norm), ",", step.images, ",",
                              Number(step.seconds), ",", Number(step.wait_seconds), "\n"));
}

void MetricsCsv::OnEpoch(const EpochFacts& epoch) {
  std::string validation = ",,,";
  if (epoch.validation) {
    validation = absl::StrCat(Number(epoch.validation->loss), ",", Number(epoch.validation->top1),
                              ",", Number(epoch.validation->top5), ",", epoch.validation->images);
  }
  Append(epochs_,
         absl::StrCat(epoch.step, ",", epoch.epoch, ",", Number(epoch.loss), ",",
                      Number(epoch.top1), ",", Number(epoch.learning_rate), ",", epoch.images, ",",
                      Number(epoch.seconds), ",", Number(epoch.wait_seconds), ",", validation, ",",
                      epoch.best ? 1 : 0, "\n"));
}

absl::StatusOr<std::vector<StepFacts>> ReadMetricsCsv(const std::string& run_folder) {
  ASSIGN_OR_RETURN(const auto rows, ReadRows(PathOf(run_folder, kStepsFile), kStepsHeader));
  std::vector<StepFacts> steps;
  for (const std::vector<double>& row : rows) {
    steps.push_back({.step = static_cast<std::int64_t>(row[0]),
                     .epoch = static_cast<int>(row[1]),
                     .loss = row[2],
                     .top1 = row[3],
                     .learning_rate = row[4],
                     .gradient_norm = row[5],
                     .images = static_cast<int>(row[6]),
                     .seconds = row[7],
                     .wait_seconds = row[8]});
  }
  return steps;
}

absl::StatusOr<std::vector<EpochFacts>> ReadEpochsCsv(const std::string& run_folder) {
  ASSIGN_OR_RETURN(const auto rows, ReadRows(PathOf(run_folder, kEpochsFile), kEpochsHeader));
  std::vector<EpochFacts> epochs;
  for (const std::vector<double>& row : rows) {
    EpochFacts& epoch = epochs.emplace_back();
    epoch.step = static_cast<std::int64_t>(row[0]);
    epoch.epoch = static_cast<int>(row[1]);
    epoch.loss = row[2];
    epoch.top1 = row[3];
    epoch.learning_rate = row[4];
    epoch.images = static_cast<std::int64_t>(row[5]);
    epoch.seconds = row[6];
    epoch.wait_seconds = row[7];
    if (row[11] > 0) {
      epoch.validation = {.loss = row[8],
                          .top1 = row[9],
                          .top5 = row[10],
                          .images = static_cast<std::int64_t>(row[11])};
    }
    epoch.best = row[12] > 0;
  }
  return epochs;
}

}  // namespace avocet
