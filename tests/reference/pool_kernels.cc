#include <algorithm>
#include <utility>
#include <vector>

#include "tests/reference/kernels.h"

namespace avocet {
namespace {

// dst(n, c, oh, ow) = reduce(values of the source plane in rows [top, bottom) and columns [left,
// right)).
template <typename Window, typename Reduce>
Tensor Pool(const Tensor& src, const Shape& dst_shape, Window window, Reduce reduce) {
  Tensor dst(dst_shape);
  for (int n = 0; n < dst_shape.n; ++n) {
    for (int c = 0; c < dst_shape.c; ++c) {
      for (int oh = 0; oh < dst_shape.h; ++oh) {
        for (int ow = 0; ow < dst_shape.w; ++ow) {
          std::vector<double> values;
          const auto [top, bottom] = window(oh, src.shape.h, dst_shape.h);
          const auto [left, right] = window(ow, src.shape.w, dst_shape.w);
          for (int h = top; h < bottom; ++h) {
            for (int w = left; w < right; ++w) values.push_back(src.At(n, c, h, w));
          }
          dst.At(n, c, oh, ow) = reduce(values);
        }
      }
    }
  }
  return dst;
}

double Mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double v : values) sum += v;
  return sum / static_cast<double>(values.size());
}

}  // namespace

Tensor ReferenceMaxPool(const MaxPool& pool, const Tensor& src, const Shape& dst_shape) {
  const auto window = [&](int o, int size, int) {
    const int begin = o * pool.stride - pool.padding;
    return std::pair(std::max(begin, 0), std::min(begin + pool.kernel, size));
  };
  return Pool(src, dst_shape, window, [](const std::vector<double>& values) {
    return *std::max_element(values.begin(), values.end());
  });
}

Tensor ReferenceScaledAveragePool(const ScaledAveragePool& pool, const Tensor& src, float weight,
                                  float bias, const Shape& dst_shape) {
  const auto window = [&](int o, int, int) {
    return std::pair(o * pool.kernel, (o + 1) * pool.kernel);
  };
  return Pool(src, dst_shape, window, [&](const std::vector<double>& values) {
    return Mean(values) * double{weight} + double{bias};
  });
}

Tensor ReferencePoolUp(const Tensor& src, const Shape& dst_shape) {
  const auto window = [](int o, int size, int outputs) {
    return std::pair(o * size / outputs, ((o + 1) * size + outputs - 1) / outputs);
  };
  return Pool(src, dst_shape, window, Mean);
}

Tensor ReferenceGlobalAveragePool(const Tensor& src) {
  const auto all = [](int, int size, int) { return std::pair(0, size); };
  return Pool(src, {src.shape.n, src.shape.c, 1, 1}, all, Mean);
}

}  // namespace avocet
