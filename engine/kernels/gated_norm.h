// Batch norm in training in front of a squeeze-and-excite block, whose gate multiplies the norm's
// result: what the gate is made of, and sums from which the gradients of norm and gate follow.
//
// T is float or BFloat16; sums are double. Any CPU.
#ifndef AVOCET_ENGINE_KERNELS_GATED_NORM_H_
#define AVOCET_ENGINE_KERNELS_GATED_NORM_H_

#include "engine/kernels/batch_norm.h"

namespace avocet {

// sums [channels] += the sums over pixels of the norm's result.
template <typename T>
void AddNormResults(const NormChannels& norm, const T* src, int pixels, double* sums);

// Sums over the pixels of an image, of the gradient of result * gate (diff_dst), the norm's result,
// its activation's derivative (slope) and its normalised values.
enum GateSum {
  kGateDiff,             // of diff_dst * result: the gradient of the gate
  kGateSlopeDiff,        // of slope * diff_dst
  kGateSlopeDiffNormal,  // of slope * diff_dst * normalised
  kGateSlope,            // of slope
  kGateSlopeNormal,      // of slope * normalised
  kGateSums,
};

// sums [kGateSums, channels] += these.
template <typename T>
void AddGateGradients(const NormChannels& norm, const T* src, const T* diff_dst, int pixels,
                      double* sums);

}  // namespace avocet

#endif  // AVOCET_ENGINE_KERNELS_GATED_NORM_H_
