// Random numbers that depend on a seed and a name alone.
#ifndef AVOCET_ENGINE_TRAIN_OPTIM_RANDOM_VALUES_H_
#define AVOCET_ENGINE_TRAIN_OPTIM_RANDOM_VALUES_H_

#include <cstdint>
#include <span>
#include <string_view>

namespace avocet {

// A sequence of its own for every seed and name: adding a parameter to a network leaves the values
// of the others alone. Splitmix64 over a counter.
class RandomValues {
 public:
  RandomValues(std::uint64_t seed, std::string_view name);

  std::uint64_t Bits();
  double Uniform();  // in [0, 1)

  // Independent draws from [-bound, bound), and from the normal distribution of mean 0 and this
  // standard deviation (Box and Muller's method).
  void FillUniform(std::span<float> values, double bound);
  void FillNormal(std::span<float> values, double deviation);

 private:
  std::uint64_t state_;
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_OPTIM_RANDOM_VALUES_H_
