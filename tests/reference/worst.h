// The largest of errors, for comparisons with a reference.
#ifndef AVOCET_TESTS_REFERENCE_WORST_H_
#define AVOCET_TESTS_REFERENCE_WORST_H_

#include <algorithm>
#include <cmath>

namespace avocet {

// The larger of both; without bound for an error that is no number, which std::max passes over.
inline double Worst(double worst, double error) {
  return std::isnan(error) ? HUGE_VAL : std::max(worst, error);
}

}  // namespace avocet

#endif  // AVOCET_TESTS_REFERENCE_WORST_H_
