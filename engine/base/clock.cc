#include "engine/base/clock.h"

#include <time.h>

#include "engine/base/check.h"

namespace avocet {

TimePoint ThreadCpuTime() {
  timespec time{};
  AVOCET_CHECK(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) == 0);
  return TimePoint(std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec));
}

}  // namespace avocet
