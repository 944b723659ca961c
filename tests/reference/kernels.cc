#include "tests/reference/kernels.h"

#include <algorithm>
#include <cmath>

#include "engine/graph/infer_shape.h"

namespace avocet {

Tensor ReferenceConv(const Conv2d& conv, const Tensor& src, std::span<const float> weight,
                     std::span<const float> bias, const Shape& dst_shape) {
  Tensor dst(dst_shape);
  const Pads pads = ResolvePads(conv, src.shape.h, src.shape.w);
  const int in_group = src.shape.c / conv.groups;
  const int out_group = conv.out_channels / conv.groups;
  const auto weight_at = [&](int oc, int ic, int kh, int kw) {
    return double{weight[static_cast<std::size_t>(
        ((oc * in_group + ic) * conv.kernel + kh) * conv.kernel + kw)]};
  };
  for (int n = 0; n < dst_shape.n; ++n) {
    for (int oc = 0; oc < dst_shape.c; ++oc) {
      for (int oh = 0; oh < dst_shape.h; ++oh) {
        // The column is the inner loop, so that the compiler can use vectors.
        std::span<double> row(&dst.At(n, oc, oh, 0), static_cast<std::size_t>(dst_shape.w));
        std::fill(row.begin(), row.end(),
                  bias.empty() ? 0.0 : double{bias[static_cast<std::size_t>(oc)]});
        for (int ic = 0; ic < in_group; ++ic) {
          const int channel = oc / out_group * in_group + ic;
          for (int kh = 0; kh < conv.kernel; ++kh) {
            const int h = oh * conv.stride - pads.top + kh;
            if (h < 0 || h >= src.shape.h) continue;
            const double* src_row = &src.data[static_cast<std::size_t>(
                ((n * src.shape.c + channel) * src.shape.h + h) * src.shape.w)];
            for (int kw = 0; kw < conv.kernel; ++kw) {
              const double factor = weight_at(oc, ic, kh, kw);
              const int shift = kw - pads.left;
              for (int ow = 0; ow < dst_shape.w; ++ow) {
                const int w = ow * conv.stride + shift;
                if (w >= 0 && w < src.shape.w)
                  row[static_cast<std::size_t>(ow)] += factor * src_row[w];
              }
            }
          }
        }
      }
    }
  }
  return dst;
}

Tensor ReferenceBatchNorm(const BatchNorm& norm, const Tensor& src, std::span<const float> weight,
                          std::span<const float> bias, std::span<const float> mean,
                          std::span<const float> variance) {
  Tensor dst(src.shape);
  const auto plane = static_cast<std::size_t>(src.shape.h * src.shape.w);
  for (std::size_t i = 0; i < src.data.size(); ++i) {
    const std::size_t c = i / plane % static_cast<std::size_t>(src.shape.c);
    const double scale = weight[c] / std::sqrt(double{variance[c]} + double{norm.epsilon});
    dst.data[i] = (src.data[i] - mean[c]) * scale + bias[c];
  }
  return dst;
}

double ReferenceActivation(ActivationKind kind, double x) {
  switch (kind) {
    case ActivationKind::kRelu:
      return std::max(x, 0.0);
    case ActivationKind::kRelu6:
      return std::clamp(x, 0.0, 6.0);
    case ActivationKind::kSilu:
      return x / (1.0 + std::exp(-x));
    case ActivationKind::kGelu:
      return 0.5 * x * (1.0 + std::erf(x / std::sqrt(2.0)));
    case ActivationKind::kSigmoid:
      return 1.0 / (1.0 + std::exp(-x));
    case ActivationKind::kTanh:
      return std::tanh(x);
  }
  return x;
}

Tensor ReferenceLinear(const Tensor& src, std::span<const float> weight,
                       std::span<const float> bias, const Shape& dst_shape) {
  Tensor dst(dst_shape);
  const auto features = src.data.size() / static_cast<std::size_t>(src.shape.n);
  for (int n = 0; n < dst_shape.n; ++n) {
    for (int o = 0; o < dst_shape.c; ++o) {
      double sum = bias[static_cast<std::size_t>(o)];
      for (std::size_t i = 0; i < features; ++i) {
        sum += src.data[static_cast<std::size_t>(n) * features + i] *
               weight[static_cast<std::size_t>(o) * features + i];
      }
      dst.At(n, o, 0, 0) = sum;
    }
  }
  return dst;
}

}  // namespace avocet
