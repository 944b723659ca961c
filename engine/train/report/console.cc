#include "engine/train/report/console.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace avocet {
namespace {

constexpr double kSecondsBetweenDrawings = 0.1;
constexpr int kBarCells = 24;
constexpr std::string_view kDrawn = "━";
constexpr std::string_view kEmpty = "─";
constexpr std::string_view kClearLine = "\r\x1b[K";  // ECMA-48: erase in line

std::string Percent(double share, int digits = 1) {
  return absl::StrFormat("%.*f %%", digits, 100 * share);
}

std::string Values(const TrainingProgress& progress) {
  return absl::StrFormat("loss %.4f, top-1 %s, %.0f img/s, %s waiting for data", progress.loss(),
                         Percent(progress.top1()), progress.images_per_second(),
                         Percent(progress.wait_share(), 0));
}

}  // namespace

int TerminalColumns(int descriptor) {
  winsize size{};
  if (isatty(descriptor) == 0 || ioctl(descriptor, TIOCGWINSZ, &size) != 0) return 0;
  return size.ws_col == 0 ? 80 : size.ws_col;
}

std::string EpochLine(const EpochFacts& epoch, int epochs) {
  std::string line =
      absl::StrFormat("epoch %d/%d: loss %.4f, top-1 %s, %.0f img/s, %s, %s waiting for data",
                      epoch.epoch, epochs, epoch.loss, Percent(epoch.top1),
                      epoch.seconds > 0 ? static_cast<double>(epoch.images) / epoch.seconds : 0.0,
                      FormatDuration(epoch.seconds),
                      Percent(epoch.seconds > 0 ? epoch.wait_seconds / epoch.seconds : 0.0, 0));
  if (epoch.validation) {
    absl::StrAppend(&line, "; validation: loss ", absl::StrFormat("%.4f", epoch.validation->loss),
                    ", top-1 ", Percent(epoch.validation->top1, 2), ", top-5 ",
                    Percent(epoch.validation->top5, 2), epoch.best ? ", the best so far" : "");
  }
  return line;
}

std::string EndLine(const RunResult& result) {
  const std::string duration = FormatDuration(result.seconds);
  if (!result.status.ok()) {
    return absl::StrCat("stopped after ", duration, ": ", result.status.message());
  }
  std::string line = absl::StrCat("finished after ", duration);
  if (!result.stopped_early.empty()) absl::StrAppend(&line, ", ", result.stopped_early);
  if (result.scores) {
    absl::StrAppend(&line, ": top-1 ", Percent(result.scores->top1(), 2), ", top-5 ",
                    Percent(result.scores->top5(), 2), ", loss ",
                    absl::StrFormat("%.4f", result.scores->loss()), " on ", result.scores->images(),
                    " validation images");
  }
  return line;
}

void ProgressBar::OnStart(const RunFacts& facts) { progress_.Start(facts); }

void ProgressBar::OnStep(const StepFacts& step) {
  progress_.AddStep(step);
  seconds_since_draw_ += step.seconds;
  const bool last = progress_.step_in_epoch() == progress_.steps_per_epoch();
  if (seconds_since_draw_ < kSecondsBetweenDrawings && !last) return;
  seconds_since_draw_ = 0;
  Draw(step.epoch);
}

void ProgressBar::Draw(int epoch) {
  const std::int64_t done = progress_.step_in_epoch();
  const std::int64_t all = progress_.steps_per_epoch();
  const std::string head = absl::StrCat("epoch ", epoch, "/", progress_.epochs(), " ");
  const std::string tail = absl::StrCat(" ", done, "/", all, "  ", Values(progress_), ", ",
                                        FormatDuration(progress_.seconds_left()), " left");
  const int columns = columns_();
  const int room = columns - static_cast<int>(head.size() + tail.size()) - 1;
  const int cells = std::clamp(room, 0, kBarCells);
  std::string bar;
  for (int i = 0; i < cells; ++i) bar += i < cells * done / all ? kDrawn : kEmpty;
  std::string line = absl::StrCat(head, bar, tail);
  // A line that wraps could not be drawn over.
  if (cells == 0) line = line.substr(0, static_cast<std::size_t>(std::max(0, columns - 1)));
  out_ << kClearLine << line << std::flush;
}

void ProgressBar::OnEpoch(const EpochFacts& epoch) {
  progress_.AddEpoch(epoch);
  out_ << kClearLine << EpochLine(epoch, progress_.epochs()) << '\n' << std::flush;
}

void ProgressBar::OnEnd(const RunResult& result) {
  out_ << kClearLine << EndLine(result) << '\n' << std::flush;
}

void ProgressLines::OnStep(const StepFacts& step) {
  progress_.AddStep(step);
  seconds_since_line_ += step.seconds;
  if (seconds_since_line_ < interval_) return;
  seconds_since_line_ = 0;
  out_ << "epoch " << step.epoch << '/' << progress_.epochs() << ", step "
       << progress_.step_in_epoch() << '/' << progress_.steps_per_epoch() << ": "
       << Values(progress_) << ", " << FormatDuration(progress_.seconds_left()) << " left\n"
       << std::flush;
}

void ProgressLines::OnEpoch(const EpochFacts& epoch) {
  progress_.AddEpoch(epoch);
  seconds_since_line_ = 0;
  out_ << EpochLine(epoch, progress_.epochs()) << '\n' << std::flush;
}

void ProgressLines::OnEnd(const RunResult& result) {
  out_ << EndLine(result) << '\n' << std::flush;
}

}  // namespace avocet
