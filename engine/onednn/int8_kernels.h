// Kernels of our own for integers of 8 bits.
#ifndef AVOCET_ENGINE_ONEDNN_INT8_KERNELS_H_
#define AVOCET_ENGINE_ONEDNN_INT8_KERNELS_H_

#include <cstddef>

namespace avocet {

// Channels that one call takes: a cache line of bytes.
inline constexpr int kMeanBlock = 64;

// Up to kMeanBlock neighbouring channels of the pixels of an image, channels last.
struct Int8Pixels {
  const void* data;       // bytes
  std::ptrdiff_t offset;  // of the first value
  int pixels;             // at most 2^23: sums of bytes fit in 31 bits
  int stride;             // bytes from pixel to pixel
  int channels;
};

// means[c] = scale * the sum of channel c. oneDNN's average pooling of integers gives integers of 8
// bits, too coarse for what follows, or takes its plain reference.
void MeanS8(const Int8Pixels& block, float scale, float* means);
void MeanU8(const Int8Pixels& block, float scale, float* means);

}  // namespace avocet

#endif  // AVOCET_ENGINE_ONEDNN_INT8_KERNELS_H_
