// A progress bar on stderr for long runs.
#ifndef AVOCET_CLIENT_COMMAND_PROGRESS_H_
#define AVOCET_CLIENT_COMMAND_PROGRESS_H_

#include <chrono>
#include <cstdio>
#include <string>

#include "client/command/terminal.h"

namespace avocet {

// The bar as one line without its end, at most `terminal.width` - 1 columns: done of total, images
// a second, time left.
std::string FormatProgress(int done, int failed, int total, std::chrono::duration<double> elapsed,
                           const Terminal& terminal);

// Draws the bar where a person sees it, once the run has taken a second, at most ten times a
// second. Not thread-safe.
class Progress {
 public:
  // `total` < 2 or a stream that is not interactive: draws nothing.
  Progress(int total, std::FILE* stream, const Terminal& terminal);
  ~Progress() { Hide(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void Update(int done, int failed);
  // Frees the line for other output; the next Update draws again.
  void Hide();

 private:
  using Clock = std::chrono::steady_clock;

  const int total_;
  std::FILE* const stream_;
  const Terminal terminal_;
  const Clock::time_point start_ = Clock::now();
  Clock::time_point next_draw_;
  bool visible_ = false;
};

}  // namespace avocet

#endif  // AVOCET_CLIENT_COMMAND_PROGRESS_H_
