#include <cmath>

#include "tests/reference/kernels.h"

namespace avocet {
namespace {

// dst(n, c, h, w) = f(n, c, h, w) for every element.
template <typename Function>
Tensor Generate(const Shape& shape, Function f) {
  Tensor dst(shape);
  for (int n = 0; n < shape.n; ++n) {
    for (int c = 0; c < shape.c; ++c) {
      for (int h = 0; h < shape.h; ++h) {
        for (int w = 0; w < shape.w; ++w) dst.At(n, c, h, w) = f(n, c, h, w);
      }
    }
  }
  return dst;
}

double At(std::span<const float> values, int c) { return values[static_cast<std::size_t>(c)]; }

}  // namespace

Tensor ReferenceBatchNormOfBatch(const BatchNorm& norm, const Tensor& src,
                                 std::span<const float> weight, std::span<const float> bias) {
  const Shape& s = src.shape;
  const auto channels = static_cast<std::size_t>(s.c);
  const auto plane = static_cast<std::size_t>(s.h * s.w);
  const double count = static_cast<double>(s.n) * static_cast<double>(plane);
  const auto channel = [&](std::size_t i) { return i / plane % channels; };
  std::vector<double> mean(channels), variance(channels);
  for (std::size_t i = 0; i < src.data.size(); ++i) mean[channel(i)] += src.data[i] / count;
  for (std::size_t i = 0; i < src.data.size(); ++i) {
    variance[channel(i)] += std::pow(src.data[i] - mean[channel(i)], 2) / count;
  }
  Tensor dst(s);
  for (std::size_t i = 0; i < src.data.size(); ++i) {
    const std::size_t c = channel(i);
    dst.data[i] =
        (src.data[i] - mean[c]) / std::sqrt(variance[c] + double{norm.epsilon}) * weight[c] +
        bias[c];
  }
  return dst;
}

Tensor ReferenceChannelScale(const Tensor& src, const Tensor& gate) {
  return Generate(src.shape, [&](int n, int c, int h, int w) {
    return src.At(n, c, h, w) * gate.At(n, c, 0, 0);
  });
}

Tensor ReferenceLayerScale(const Tensor& src, std::span<const float> gamma) {
  return Generate(src.shape,
                  [&](int n, int c, int h, int w) { return src.At(n, c, h, w) * At(gamma, c); });
}

Tensor ReferenceLayerNorm(const LayerNorm& norm, const Tensor& src, std::span<const float> weight,
                          std::span<const float> bias) {
  Tensor dst(src.shape);
  const Shape& s = src.shape;
  for (int n = 0; n < s.n; ++n) {
    for (int h = 0; h < s.h; ++h) {
      for (int w = 0; w < s.w; ++w) {
        double mean = 0, variance = 0;
        for (int c = 0; c < s.c; ++c) mean += src.At(n, c, h, w) / s.c;
        for (int c = 0; c < s.c; ++c) variance += std::pow(src.At(n, c, h, w) - mean, 2) / s.c;
        for (int c = 0; c < s.c; ++c) {
          dst.At(n, c, h, w) = (src.At(n, c, h, w) - mean) /
                                   std::sqrt(variance + double{norm.epsilon}) * At(weight, c) +
                               At(bias, c);
        }
      }
    }
  }
  return dst;
}

Tensor ReferenceGlobalResponseNorm(const Tensor& src, std::span<const float> weight,
                                   std::span<const float> bias) {
  const Shape& s = src.shape;
  Tensor norm({s.n, s.c, 1, 1});
  std::vector<double> mean(static_cast<std::size_t>(s.n));
  for (int n = 0; n < s.n; ++n) {
    for (int c = 0; c < s.c; ++c) {
      double square = 0;
      for (int h = 0; h < s.h; ++h) {
        for (int w = 0; w < s.w; ++w) square += src.At(n, c, h, w) * src.At(n, c, h, w);
      }
      norm.At(n, c, 0, 0) = std::sqrt(square);
      mean[static_cast<std::size_t>(n)] += std::sqrt(square) / s.c;
    }
  }
  return Generate(s, [&](int n, int c, int h, int w) {
    const double x = src.At(n, c, h, w);
    const double relative = norm.At(n, c, 0, 0) / (mean[static_cast<std::size_t>(n)] + 1e-6);
    return x + At(weight, c) * x * relative + At(bias, c);
  });
}

}  // namespace avocet
