// How long something takes, measured once or whenever another process asks.
#ifndef AVOCET_TESTS_BENCHMARK_TIMING_H_
#define AVOCET_TESTS_BENCHMARK_TIMING_H_

#include <functional>
#include <iosfwd>
#include <string_view>

#include "absl/status/status.h"

namespace avocet {

// Seconds a run.
struct Timing {
  double least = 0;
  double median = 0;
};

// Calls `run` once untimed, which brings the caches back, and then for `seconds`, at least
// `least_runs` times.
Timing MeasureRuns(const std::function<void()>& run, double seconds, int least_runs);

// The protocol of engines.py: writes `ready`, a JSON object, as one line; then, for every line of
// `requests`, which is a number of seconds, calls `measure` with it and writes
// {"least": ..., "median": ...}. Returns OK at the end of `requests`, INVALID_ARGUMENT for a line
// that is no number of seconds.
absl::Status AnswerRequests(std::istream& requests, std::ostream& answers, std::string_view ready,
                            const std::function<Timing(double seconds)>& measure);

}  // namespace avocet

#endif  // AVOCET_TESTS_BENCHMARK_TIMING_H_
