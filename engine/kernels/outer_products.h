// Sums of outer products: the gradients of a 1x1 convolution's weights.
#ifndef AVOCET_ENGINE_KERNELS_OUTER_PRODUCTS_H_
#define AVOCET_ENGINE_KERNELS_OUTER_PRODUCTS_H_

namespace avocet {

// sums [left_channels, right_channels] += the sum over pixels of left [pixels, left_channels] times
// right [pixels, right_channels]. Any CPU.
void AddOuterProducts(const float* left, int left_channels, const float* right, int right_channels,
                      int pixels, float* sums);

}  // namespace avocet

#endif  // AVOCET_ENGINE_KERNELS_OUTER_PRODUCTS_H_
