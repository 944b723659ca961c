// Rounding of weights to 8 bits.
#ifndef AVOCET_ENGINE_ONEDNN_QUANTIZE_WEIGHTS_H_
#define AVOCET_ENGINE_ONEDNN_QUANTIZE_WEIGHTS_H_

#include <cstdint>
#include <span>

namespace avocet {

// The largest integer of weights. 127; -128 stays unused, so that the range is symmetric. But a CPU
// without VNNI adds two products of 8-bit integers in 16 bits, one of them without a sign: there it
// is 64, as 2 * 255 * 64 fits, unless whoever multiplies guards against that (`is_guarded`), as
// oneDNN's convolutions of signed sources do.
float LargestInt8Weight(bool is_guarded);

// Fills `quantized` and `scales`, one for each of scales.size() output channels (the slowest
// dimension of `weights`), such that scale * quantized is near the weights. A scale is the
// channel's largest absolute value over `largest`, 1 for a channel of zeroes. Each filter plane of
// `taps` consecutive weights keeps its sum, as in RoundToBFloat16: the error of one tap is added to
// the next before that is rounded.
void QuantizeWeights(std::span<const float> weights, std::size_t taps, float largest,
                     std::span<std::int8_t> quantized, std::span<float> scales);

}  // namespace avocet

#endif  // AVOCET_ENGINE_ONEDNN_QUANTIZE_WEIGHTS_H_
