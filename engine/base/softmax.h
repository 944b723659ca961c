// From a network's raw output to ranked probabilities.
#ifndef AVOCET_ENGINE_BASE_SOFTMAX_H_
#define AVOCET_ENGINE_BASE_SOFTMAX_H_

#include <span>
#include <vector>

namespace avocet {

// probabilities[i] = exp(logits[i]) / sum_j exp(logits[j]), computed so that no finite logit
// overflows. Both spans have the same size and may be the same memory. A logit that is not a number
// or is +infinity makes every probability NaN.
void Softmax(std::span<const float> logits, std::span<float> probabilities);

// Positions of the min(k, values.size()) largest values, largest first; equal values by lower
// position, NaN last. k >= 0. Reuses the memory of `indices`.
void TopK(std::span<const float> values, int k, std::vector<int>& indices);

}  // namespace avocet

#endif  // AVOCET_ENGINE_BASE_SOFTMAX_H_
