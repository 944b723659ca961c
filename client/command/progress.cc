#include "client/command/progress.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace avocet {
namespace {

std::string FormatSeconds(double seconds) {
  const auto whole = static_cast<int64_t>(std::llround(seconds));
  if (whole >= 3600) {
    return absl::StrFormat("%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60);
  }
  return absl::StrFormat("%d:%02d", whole / 60, whole % 60);
}

}  // namespace

std::string FormatProgress(int done, int failed, int total, std::chrono::duration<double> elapsed,
                           const Terminal& terminal) {
  constexpr int kWidestBar = 30;
  const double rate = elapsed.count() > 0 ? done / elapsed.count() : 0;
  std::string text = absl::StrFormat(" %d/%d  %.1f img/s", done, total, rate);
  if (rate > 0) absl::StrAppend(&text, "  ETA ", FormatSeconds((total - done) / rate));
  if (failed > 0) absl::StrAppend(&text, "  ", failed, " failed");

  // One column stays free: a full line would wrap on some terminals.
  const int room = terminal.width - 1 - DisplayWidth(text) - 2;
  if (room < 4) return Fit(text.substr(1), std::max(1, terminal.width - 1), terminal);
  const int width = std::min(room, kWidestBar);
  const int filled = total > 0 ? width * done / total : 0;
  std::string bar = "[";
  for (int i = 0; i < width; ++i) {
    bar += i < filled ? (terminal.utf8 ? "█" : "#") : (terminal.utf8 ? "░" : "-");
  }
  return bar + "]" + text;
}

Progress::Progress(int total, std::FILE* stream, const Terminal& terminal)
    : total_(total),
      stream_(stream),
      terminal_(terminal),
      next_draw_(start_ + std::chrono::seconds(1)) {}

void Progress::Update(int done, int failed) {
  if (!terminal_.interactive || total_ < 2) return;
  const Clock::time_point now = Clock::now();
  if (now < next_draw_) return;
  next_draw_ = now + std::chrono::milliseconds(100);
  const std::string line = FormatProgress(done, failed, total_, now - start_, terminal_);
  std::fprintf(stream_, "\r%s\x1b[K", line.c_str());
  std::fflush(stream_);
  visible_ = true;
}

void Progress::Hide() {
  if (!visible_) return;
  std::fputs("\r\x1b[K", stream_);
  std::fflush(stream_);
  visible_ = false;
  next_draw_ = Clock::now();
}

}  // namespace avocet
