// Random numbers that are a function of what they are for, not of what was drawn before: any thread
// and any resumed run gets the same ones.
#ifndef AVOCET_ENGINE_TRAIN_DATA_RANDOM_H_
#define AVOCET_ENGINE_TRAIN_DATA_RANDOM_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace avocet {

// Streams that never share a number, for the same seed, epoch and index.
enum class RandomPurpose : std::uint32_t { kSplit, kOrder, kAugment, kErase, kMix };

// Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011): the key is
// the seed, the counter is (block, epoch, index, purpose).
class Random {
 public:
  Random(std::uint64_t seed, RandomPurpose purpose, std::uint32_t epoch, std::uint32_t index)
      : key_({static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)}),
        counter_({0, epoch, index, static_cast<std::uint32_t>(purpose)}) {}

  // 32 uniform bits.
  std::uint32_t Next();
  // Uniform in the open interval (0, 1), in steps of 2^-32.
  double Uniform();
  double Uniform(double low, double high) { return low + (high - low) * Uniform(); }
  // True with this probability; always draws one number.
  bool Chance(double probability) { return Uniform() < probability; }
  // Uniform in 0 .. count - 1, without bias; `count` at least 1.
  std::uint32_t Below(std::uint32_t count);
  // Of the standard normal distribution.
  double Normal();
  // Beta(alpha, alpha); `alpha` above 0.
  double SymmetricBeta(double alpha);

 private:
  // Gamma(shape, 1).
  double Gamma(double shape);

  std::array<std::uint32_t, 2> key_;
  std::array<std::uint32_t, 4> counter_;
  std::array<std::uint32_t, 4> block_ = {};
  std::size_t used_ = 4;  // words of `block_`
};

// The ten rounds: what `counter` is encrypted to under `key`.
std::array<std::uint32_t, 4> Philox(std::array<std::uint32_t, 4> counter,
                                    std::array<std::uint32_t, 2> key);

// Exchanges elements until every order is equally likely. At most 2^32 of them.
template <typename T>
void Shuffle(Random* random, std::vector<T>* values) {
  for (std::size_t left = values->size(); left > 1; --left) {
    std::swap((*values)[left - 1], (*values)[random->Below(static_cast<std::uint32_t>(left))]);
  }
}

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_DATA_RANDOM_H_
