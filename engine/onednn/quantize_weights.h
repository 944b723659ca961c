// Rounding of weights to 8 bits.
#ifndef AVOCET_ENGINE_ONEDNN_QUANTIZE_WEIGHTS_H_
#define AVOCET_ENGINE_ONEDNN_QUANTIZE_WEIGHTS_H_

#include <cstdint>
#include <span>

namespace avocet {

// Fills `quantized` and `scales`, one for each of scales.size() output channels (the slowest
// dimension of `weights`), such that scale * quantized is near the weights. A scale is the
// channel's largest absolute value over 127, 1 for a channel of zeroes. Each filter plane of `taps`
// consecutive weights keeps its sum, as in RoundToBFloat16: the error of one tap is added to the
// next before that is rounded.
void QuantizeWeights(std::span<const float> weights, std::size_t taps,
                     std::span<std::int8_t> quantized, std::span<float> scales);

}  // namespace avocet

#endif  // AVOCET_ENGINE_ONEDNN_QUANTIZE_WEIGHTS_H_
