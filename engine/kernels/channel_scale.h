// Factors and sums of channels: rows of channels, any number of pixels.
//
// T is float or BFloat16. Any CPU.
#ifndef AVOCET_ENGINE_KERNELS_CHANNEL_SCALE_H_
#define AVOCET_ENGINE_KERNELS_CHANNEL_SCALE_H_

#include <cstddef>

#include "engine/kernels/bfloat16.h"

namespace avocet {

// dst = src * factor [channels].
template <typename T>
void ScaleChannels(const T* src, const float* factor, int pixels, int channels, T* dst);

// dst = src * factor, for `count` numbers.
template <typename T>
void Scale(const T* src, float factor, std::ptrdiff_t count, T* dst);

// dst = left + right, for `count` numbers.
template <typename T>
void Sum(const T* left, const T* right, std::ptrdiff_t count, T* dst);

// dst = value [channels], on every pixel.
template <typename T>
void FillChannels(const float* value, int pixels, int channels, T* dst);

// sums [channels] += the sums over pixels of left * right, or of left where `right` is null.
template <typename T>
void AddProducts(const T* left, const T* right, int pixels, int channels, double* sums);

}  // namespace avocet

#endif  // AVOCET_ENGINE_KERNELS_CHANNEL_SCALE_H_
