// Time as what measures it sees it; tests replace it.
#ifndef AVOCET_ENGINE_BASE_CLOCK_H_
#define AVOCET_ENGINE_BASE_CLOCK_H_

#include <chrono>
#include <functional>

namespace avocet {

using TimePoint = std::chrono::steady_clock::time_point;
using Duration = std::chrono::steady_clock::duration;

// Returns the current time; never goes back. Thread-safe.
using ClockFunction = std::function<TimePoint()>;

// CPU time of the calling thread, as a clock: what a computation costs, whatever else the machine
// does meanwhile.
TimePoint ThreadCpuTime();

inline double Seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

}  // namespace avocet

#endif  // AVOCET_ENGINE_BASE_CLOCK_H_
