// Which values dropout keeps, from a counter: any thread can ask for any of them.
#ifndef AVOCET_ENGINE_ONEDNN_TRAINING_RANDOM_MASK_H_
#define AVOCET_ENGINE_ONEDNN_TRAINING_RANDOM_MASK_H_

#include <cstdint>

namespace avocet {

class RandomMask {
 public:
  // `stream` keeps masks of one seed apart. `rate` is the probability of 0.
  RandomMask(std::uint64_t stream, float rate)
      : stream_(Mix(stream + 1)), rate_(rate), kept_(rate < 1.0f ? 1.0f / (1.0f - rate) : 0.0f) {}

  // 0, or 1 / (1 - rate): a function of the seed, the stream and the index alone.
  float Factor(std::uint64_t seed, std::uint64_t index) const {
    const std::uint64_t bits = Mix(Mix(seed + stream_) + index * 0x9E3779B97F4A7C15);
    const float uniform = static_cast<float>(bits >> 40) * 0x1p-24f;  // in [0, 1)
    return uniform < rate_ ? 0.0f : kept_;
  }

 private:
  // The finaliser of splitmix64 (https://prng.di.unimi.it/splitmix64.c).
  static std::uint64_t Mix(std::uint64_t z) {
    z += 0x9E3779B97F4A7C15;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
  }

  std::uint64_t stream_;
  float rate_;
  float kept_;
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_ONEDNN_TRAINING_RANDOM_MASK_H_
