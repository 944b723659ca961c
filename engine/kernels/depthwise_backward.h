// The backward pass of depthwise convolutions, for the strides and types that oneDNN computes as
// grouped convolutions of one channel each.
//
// T is float or BFloat16. Any CPU. Sizes: those of HasDepthwiseKernel.
#ifndef AVOCET_ENGINE_KERNELS_DEPTHWISE_BACKWARD_H_
#define AVOCET_ENGINE_KERNELS_DEPTHWISE_BACKWARD_H_

#include "engine/kernels/bfloat16.h"

namespace avocet {

// One image: src [height, width, channels], dst [out_height, out_width, channels]; filters are
// [kernel * kernel, channels].
struct DepthwiseSizes {
  int channels;
  int height;
  int width;
  int out_height;
  int out_width;
  int kernel;  // 3, 5 or 7
  int stride;  // 1 or 2
  int pad_top;
  int pad_left;
};

// Rows [begin, end) of diff_src, which starts with them.
template <typename T>
void DepthwiseDiffSrc(const DepthwiseSizes& sizes, const T* diff_dst, const float* weights,
                      int begin, int end, T* diff_src);

// Adds to diff_weights what the rows [begin, end) of diff_dst contribute, which starts with them.
template <typename T>
void AddDepthwiseDiffWeights(const DepthwiseSizes& sizes, const T* src, const T* diff_dst,
                             int begin, int end, float* diff_weights);

}  // namespace avocet

#endif  // AVOCET_ENGINE_KERNELS_DEPTHWISE_BACKWARD_H_
