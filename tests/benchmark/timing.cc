#include "tests/benchmark/timing.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <istream>
#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace avocet {
namespace {

using Clock = std::chrono::steady_clock;

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace

Timing MeasureRuns(const std::function<void()>& run, double seconds, int least_runs) {
  run();
  std::vector<double> times;
  const auto begin = Clock::now();
  while (times.size() < static_cast<std::size_t>(least_runs) || SecondsSince(begin) < seconds) {
    const auto start = Clock::now();
    run();
    times.push_back(SecondsSince(start));
  }
  std::sort(times.begin(), times.end());
  return {.least = times.front(), .median = times[times.size() / 2]};
}

absl::Status AnswerRequests(std::istream& requests, std::ostream& answers, std::string_view ready,
                            const std::function<Timing(double seconds)>& measure) {
  answers << ready << std::endl;
  std::string line;
  while (std::getline(requests, line)) {
    double seconds = 0;
    if (!absl::SimpleAtod(line, &seconds) || !std::isfinite(seconds) || seconds < 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("standard input: expected a number of seconds, found \"", line, "\""));
    }
    const Timing timing = measure(seconds);
    answers << absl::StrFormat(R"({"least": %.9f, "median": %.9f})", timing.least, timing.median)
            << std::endl;
  }
  return absl::OkStatus();
}

}  // namespace avocet
