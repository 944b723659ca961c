// The moving average of a network's weights, which usually classifies better than the last ones.
#ifndef AVOCET_ENGINE_TRAIN_OPTIM_MOVING_AVERAGE_H_
#define AVOCET_ENGINE_TRAIN_OPTIM_MOVING_AVERAGE_H_

#include <cstdint>
#include <span>
#include <vector>

#include "engine/graph/parameter_spec.h"
#include "engine/graph/parameters.h"

namespace avocet {

// average = decay * average + (1 - decay) * value, for all of `specs`, running statistics included.
// After t updates the decay is min(decay, (1 + t) / (10 + t)), TensorFlow's warm-up: an average
// that began at random values forgets them early.
class MovingAverage {
 public:
  // Begins at `parameters`.
  MovingAverage(double decay, std::span<const ParameterSpec> specs, const Parameters& parameters);

  // On the calling thread's OpenMP team; the same bits for any number of threads.
  void Update(const Parameters& parameters);

  Parameters& values() { return values_; }
  const Parameters& values() const { return values_; }
  std::int64_t updates() const { return updates_; }
  // Both together resume an average.
  void set_updates(std::int64_t updates) { updates_ = updates; }

 private:
  double decay_;
  std::vector<ParameterSpec> specs_;
  Parameters values_;
  std::int64_t updates_ = 0;
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_OPTIM_MOVING_AVERAGE_H_
