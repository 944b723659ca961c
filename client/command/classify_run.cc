#include "client/command/classify_run.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/command/exit_status.h"
#include "client/command/image_paths.h"
#include "client/command/progress.h"
#include "client/command/result_printer.h"
#include "client/command/terminal.h"
#include "client/pipeline.h"
#include "client/read_file.h"

namespace avocet {
namespace {

ResultFormat ChooseFormat(const std::string& name, size_t files, const Terminal& terminal) {
  if (name == "chart") return ResultFormat::kChart;
  if (name == "lines") return ResultFormat::kLines;
  if (name == "tsv") return ResultFormat::kTsv;
  if (name == "json") return ResultFormat::kJson;
  if (!terminal.interactive) return ResultFormat::kTsv;
  return files == 1 ? ResultFormat::kChart : ResultFormat::kLines;
}

int DefaultTop(ResultFormat format) {
  return format == ResultFormat::kChart || format == ResultFormat::kJson ? 5 : 1;
}

// Whether a call that failed with `code` would fail for every other image too, so that going on is
// pointless.
bool ConcernsAllImages(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kInvalidArgument:    // too many bytes
    case absl::StatusCode::kDeadlineExceeded:   // slow now, perhaps not later
    case absl::StatusCode::kResourceExhausted:  // busy now, perhaps not later
    case absl::StatusCode::kInternal:
      return false;
    default:
      return true;
  }
}

// Prints results as they come and keeps the score.
class Report {
 public:
  Report(const std::vector<ImagePath>& images, const ClassifyFlags& flags)
      : output_(Terminal::Of(STDOUT_FILENO)),
        format_(ChooseFormat(flags.format, images.size(), output_)),
        server_(flags.connection.server),
        progress_(static_cast<int>(images.size()), stderr, Terminal::Of(STDERR_FILENO)) {
    for (const ImagePath& image : images) {
      path_width_ = std::max(path_width_, DisplayWidth(image.path));
    }
    path_width_ = std::min(path_width_, output_.width / 2);
  }

  ResultFormat format() const { return format_; }

  // False: there is no point in going on.
  bool Add(const FileResult& result) {
    ++done_;
    const absl::Status& status = result.status.ok() ? result.outcome.status : result.status;
    const bool stop = result.call_failed && ConcernsAllImages(status.code());
    if (!status.ok()) ++failed_;
    if (result.call_failed) ++failed_calls_;
    if (!result.call_failed && result.status.ok()) ++answered_;
    // On one screen with the results, the bar must make room for them; in a pipe only for errors.
    const std::string text = FormatResult(result, format_, output_, path_width_);
    if (!status.ok() || output_.interactive) progress_.Hide();
    if (!Write(text)) return false;
    if (stop) {
      PrintError(ExplainCallError(status, server_));
    } else if (result.call_failed) {
      PrintError(absl::StrCat(result.path, ": ", ExplainCallError(status, server_)));
    } else if (!status.ok()) {
      PrintError(absl::StrCat(result.path, ": ", std::string(status.message())));
    }
    progress_.Update(done_, failed_);
    stopped_ = stop;
    return !stop;
  }

  int Status() const {
    if (stopped_ || write_failed_) return kExitCallFailed;
    if (failed_calls_ > 0 && answered_ == 0) return kExitCallFailed;
    return failed_ > 0 ? kExitSomeFailed : kExitOk;
  }

 private:
  bool Write(const std::string& text) {
    if (text.empty()) return true;
    if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() &&
        std::fflush(stdout) == 0) {
      return true;
    }
    // A reader that has gone needs no message: SIGPIPE ends the process quietly, unless a parent
    // made it ignore that.
    if (errno != EPIPE) {
      PrintError(absl::StrCat("cannot write to standard output: ", std::strerror(errno)));
    }
    write_failed_ = true;
    return false;
  }

  const Terminal output_;
  const ResultFormat format_;
  const std::string server_;
  int path_width_ = 1;
  Progress progress_;
  int done_ = 0;
  int failed_ = 0;
  int failed_calls_ = 0;
  int answered_ = 0;
  bool stopped_ = false;
  bool write_failed_ = false;
};

absl::StatusOr<std::string> ReadImage(const ImagePath& image, int64_t max_bytes) {
  if (!image.status.ok()) return image.status;
  if (image.path == kStandardInput) return ReadDescriptor(STDIN_FILENO, max_bytes);
  return ReadFile(image.path, max_bytes);
}

FileResult ToFileResult(const std::string& path, Classifier::Outcomes outcomes) {
  FileResult result{.path = path, .status = outcomes.status(), .outcome = {}};
  if (outcomes.ok()) {
    result.outcome = std::move(outcomes->front());
  } else {
    result.call_failed = true;
  }
  return result;
}

}  // namespace

int RunClassify(const ClassifyFlags& flags) {
  if (std::count(flags.paths.begin(), flags.paths.end(), kStandardInput) > 1) {
    PrintError("- (standard input) can be read only once");
    return kExitUsage;
  }
  const std::vector<ImagePath> images = FindImages(flags.paths);
  Report report(images, flags);
  ClassifyOptions request = flags.request;
  request.top_k = flags.top > 0 ? flags.top : DefaultTop(report.format());

  ClassifierOptions options = flags.connection.ToOptions();
  options.retry.on_overload = true;  // a list of files can wait
  // The pipeline outlives the client, whose destructor ends the calls that still fill it.
  Pipeline<FileResult> pipeline(static_cast<size_t>(flags.concurrency));
  const std::unique_ptr<Classifier> classifier = Connect(options);
  if (classifier == nullptr) return kExitUsage;

  for (const ImagePath& image : images) {
    if (pipeline.full() && !report.Add(pipeline.Take())) return report.Status();
    const std::function<void(FileResult)> deliver = pipeline.Open();
    absl::StatusOr<std::string> bytes = ReadImage(image, options.max_message_bytes);
    if (bytes.ok()) {
      std::vector<std::string> one;
      one.push_back(*std::move(bytes));
      classifier->ClassifyAsync(std::move(one), request,
                                [path = image.path, deliver](Classifier::Outcomes outcomes) {
                                  deliver(ToFileResult(path, std::move(outcomes)));
                                });
    } else {
      deliver({.path = image.path, .status = bytes.status(), .outcome = {}});
    }
    while (std::optional<FileResult> ready = pipeline.TryTake()) {
      if (!report.Add(*ready)) return report.Status();
    }
  }
  while (!pipeline.empty()) {
    if (!report.Add(pipeline.Take())) break;
  }
  return report.Status();
}

}  // namespace avocet
