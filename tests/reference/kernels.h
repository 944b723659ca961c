// One naive kernel an operator, on tensors in NCHW order.
#ifndef AVOCET_TESTS_REFERENCE_KERNELS_H_
#define AVOCET_TESTS_REFERENCE_KERNELS_H_

#include <span>
#include <vector>

#include "engine/base/shape.h"
#include "engine/graph/op.h"

namespace avocet {

struct Tensor {
  Shape shape;
  std::vector<double> data;

  explicit Tensor(const Shape& s) : shape(s), data(static_cast<std::size_t>(s.size())) {}
  double& At(int n, int c, int h, int w) { return data[Index(n, c, h, w)]; }
  double At(int n, int c, int h, int w) const { return data[Index(n, c, h, w)]; }

 private:
  std::size_t Index(int n, int c, int h, int w) const {
    return static_cast<std::size_t>(((n * shape.c + c) * shape.h + h) * shape.w + w);
  }
};

// Without bias where `bias` is empty; post-ops are the caller's.
Tensor ReferenceConv(const Conv2d& conv, const Tensor& src, std::span<const float> weight,
                     std::span<const float> bias, const Shape& dst_shape);

Tensor ReferenceBatchNorm(const BatchNorm& norm, const Tensor& src, std::span<const float> weight,
                          std::span<const float> bias, std::span<const float> mean,
                          std::span<const float> variance);

// With the mean and the variance of `src` itself.
Tensor ReferenceBatchNormOfBatch(const BatchNorm& norm, const Tensor& src,
                                 std::span<const float> weight, std::span<const float> bias);

double ReferenceActivation(ActivationKind kind, double x);

Tensor ReferenceGlobalAveragePool(const Tensor& src);

Tensor ReferenceChannelScale(const Tensor& src, const Tensor& gate);

Tensor ReferenceLayerNorm(const LayerNorm& norm, const Tensor& src, std::span<const float> weight,
                          std::span<const float> bias);

Tensor ReferenceLayerScale(const Tensor& src, std::span<const float> gamma);

Tensor ReferenceGlobalResponseNorm(const Tensor& src, std::span<const float> weight,
                                   std::span<const float> bias);

Tensor ReferenceMaxPool(const MaxPool& pool, const Tensor& src, const Shape& dst_shape);

Tensor ReferenceScaledAveragePool(const ScaledAveragePool& pool, const Tensor& src, float weight,
                                  float bias, const Shape& dst_shape);

Tensor ReferencePoolUp(const Tensor& src, const Shape& dst_shape);

Tensor ReferenceLinear(const Tensor& src, std::span<const float> weight,
                       std::span<const float> bias, const Shape& dst_shape);

}  // namespace avocet

#endif  // AVOCET_TESTS_REFERENCE_KERNELS_H_
