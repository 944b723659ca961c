// Batch norm in training, with the activation behind it: rows of channels, any number of pixels.
//
// T is float or BFloat16; sums are double, everything else that belongs to a channel is float. Any
// CPU.
#ifndef AVOCET_ENGINE_KERNELS_BATCH_NORM_H_
#define AVOCET_ENGINE_KERNELS_BATCH_NORM_H_

#include <optional>

#include "engine/graph/op.h"
#include "engine/kernels/bfloat16.h"

namespace avocet {

// sums [2, channels] += the sums over pixels of src - origin and of its square. An `origin` near
// the mean keeps what the variance is computed from exact.
template <typename T>
void AddMoments(const T* src, int pixels, int channels, const float* origin, double* sums);

// What the kernels that follow know of a channel: normalised = (src - mean) * inverse, and the
// activation is of normalised * weight + bias.
struct NormChannels {
  int channels;
  const float* mean;
  const float* inverse;  // 1 / sqrt(variance + epsilon)
  const float* weight;
  const float* bias;
  std::optional<ActivationKind> activation;
  // Float32 results go past the caches: for what is read when they hold other data. Then `channels`
  // is a multiple of 16, and results start at multiples of 64 bytes.
  bool streams = false;
};

// dst = activation(normalised * weight + bias), times `gate` [channels] if that is not null.
template <typename T>
void NormForward(const NormChannels& norm, const T* src, const float* gate, int pixels, T* dst);

// NormForward's results, and what the sums of AddNormGradients are made of but for the gradient:
// `slope`, the activation's derivative, and its product with the normalised values.
struct NormSlopes {
  float* dst;
  float* slope;
  float* slope_normalised;
};
void NormForwardSlopes(const NormChannels& norm, const float* src, int pixels,
                       const NormSlopes& results);

// sums [2, channels] += the sums over pixels of the gradient behind the norm (diff_dst times the
// activation's derivative), and of its product with the normalised values: the gradients of bias
// and weight.
template <typename T>
void AddNormGradients(const NormChannels& norm, const T* src, const T* diff_dst, int pixels,
                      double* sums);

// What NormBackward knows of a channel's gradient.
struct NormGradient {
  const float* mean_diff;
  const float* mean_product;
  // The gradient of the norm's result is diff_dst * gate + added; null: 1 and 0.
  const float* gate = nullptr;
  const float* added = nullptr;
};

// diff_src = weight * inverse * (gradient behind the norm - mean_diff - normalised * mean_product).
// With the sums of AddNormGradients divided by the number of pixels in `mean_diff` and
// `mean_product`, that is the gradient for statistics of the batch; with zeros, for fixed ones.
template <typename T>
void NormBackward(const NormChannels& norm, const NormGradient& gradient, const T* src,
                  const T* diff_dst, int pixels, T* diff_src);

}  // namespace avocet

#endif  // AVOCET_ENGINE_KERNELS_BATCH_NORM_H_
