// Float32 kernels for CPUs without AVX-512: what pointwise.h and depthwise.h promise, by Highway.
#ifndef AVOCET_ENGINE_KERNELS_FLOAT32_ANY_H_
#define AVOCET_ENGINE_KERNELS_FLOAT32_ANY_H_

#include "engine/kernels/depthwise.h"
#include "engine/kernels/pointwise.h"

namespace avocet {

// As RunPointwise.
void RunPointwiseAny(const Pointwise<float>& conv, int begin, int end, int first_tile,
                     int last_tile, void* scratch);

// As RunDepthwise.
void RunDepthwiseAny(const Depthwise<float>& conv, int kernel, int stride, int begin, int end,
                     float* sums);

}  // namespace avocet

#endif  // AVOCET_ENGINE_KERNELS_FLOAT32_ANY_H_
