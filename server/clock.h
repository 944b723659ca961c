// Time as the server sees it; tests replace it.
#ifndef AVOCET_SERVER_CLOCK_H_
#define AVOCET_SERVER_CLOCK_H_

#include "engine/base/clock.h"

namespace avocet {

using ServerClock = ClockFunction;

}  // namespace avocet

#endif  // AVOCET_SERVER_CLOCK_H_
