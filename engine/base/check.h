// AVOCET_CHECK: for broken promises inside the program, never for bad input (that is an
// absl::Status).
#ifndef AVOCET_ENGINE_BASE_CHECK_H_
#define AVOCET_ENGINE_BASE_CHECK_H_

#include <cstdio>
#include <cstdlib>

// Aborts with the place and the condition when `condition` is false, in every build type.
#define AVOCET_CHECK(condition)                                                              \
  do {                                                                                       \
    if (!(condition)) {                                                                      \
      std::fprintf(stderr, "%s:%d: broken invariant: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                          \
    }                                                                                        \
  } while (false)

#endif  // AVOCET_ENGINE_BASE_CHECK_H_
