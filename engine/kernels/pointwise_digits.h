// 1x1 convolutions of float32 numbers on CPUs with AMX, as products of digits of eight bits
// (digits.h): 1.4 to 2.9 times the speed of FMA where it was measured.
#ifndef AVOCET_ENGINE_KERNELS_POINTWISE_DIGITS_H_
#define AVOCET_ENGINE_KERNELS_POINTWISE_DIGITS_H_

#include <cstddef>
#include <cstdint>

namespace avocet {

// A matrix of weights, [to, from] with the element (t, f) at t * to_stride + f * from_stride.
struct DigitWeights {
  const float* matrix;
  std::ptrdiff_t to_stride;
  std::ptrdiff_t from_stride;
  int to;
  int from;
};

// Bytes of the weights as RunPointwiseDigits wants them, and the parts in which they are laid out.
std::size_t DigitWeightsBytes(int from, int to);
int DigitWeightsParts(int to);

// Lays out the parts [begin, end) of `weights`. `packed` is on a cache line. Needs HasAmxKernels,
// as the next.
void PackDigitWeights(const DigitWeights& weights, int begin, int end, std::uint8_t* packed);

// Pixels that RunPointwiseDigits computes for some input channels before the next of these: a block
// goes through all weights.
constexpr int kDigitBlockPixels = 256;

struct PointwiseDigits {
  const float* src;             // [pixels, in_channels]
  const std::uint8_t* weights;  // of PackDigitWeights
  const float* bias;            // [out_channels], or null
  float* dst;                   // [pixels, out_channels]
  int pixels;
  int in_channels;
  int out_channels;
};

// Calls for distinct results may run at the same time. A result does not depend on the other
// pixels. Leaves the thread's tile registers released.
void RunPointwiseDigits(const PointwiseDigits& conv);

}  // namespace avocet

#endif  // AVOCET_ENGINE_KERNELS_POINTWISE_DIGITS_H_
