#include "engine/onednn/lower.h"

namespace avocet {
namespace {

// Source pixels [begin, end) of one axis that result `o` covers.
struct Range {
  int begin;
  int end;
};
Range Covered(int o, int size, int outputs) {
  return {o * size / outputs, ((o + 1) * size + outputs - 1) / outputs};
}

// One pixel of the result: src [H, W, C], dst [C].
void MeanOf(const float* src, int width, int channels, const Range& rows, const Range& columns,
            float* dst) {
  const float scale =
      1.0f / static_cast<float>((rows.end - rows.begin) * (columns.end - columns.begin));
  for (int c = 0; c < channels; ++c) {
    float sum = 0;
    for (int h = rows.begin; h < rows.end; ++h) {
      for (int w = columns.begin; w < columns.end; ++w) sum += src[(h * width + w) * channels + c];
    }
    dst[c] = sum * scale;
  }
}

}  // namespace

// Only for images so small that the result, at most a few pixels wide, costs nothing beside the
// convolutions.
TensorRef Lower(const PoolUp&, const Node& node, std::span<const TensorRef> inputs,
                Emitter& emitter) {
  const dnnl::memory::dims dims = inputs[0].desc.get_dims();
  const int height = static_cast<int>(dims[2]);
  const int width = static_cast<int>(dims[3]);
  const Shape shape = node.shape;
  if (height == shape.h && width == shape.w) return inputs[0];
  const TensorRef src =
      emitter.Convert(node.name + ".to_float32", inputs[0], dnnl::memory::data_type::f32);
  const TensorRef dst = emitter.NewTensor(ChannelsLast(shape, dnnl::memory::data_type::f32));
  emitter.KernelStep(node.name, "own:plain", {src, dst}, [=](std::span<void* const> addresses) {
    const auto* images = static_cast<const float*>(addresses[0]);
    auto* out = static_cast<float*>(addresses[1]);
    for (int n = 0; n < shape.n; ++n) {
      const float* image = images + n * height * width * shape.c;
      for (int h = 0; h < shape.h; ++h) {
        for (int w = 0; w < shape.w; ++w, out += shape.c) {
          MeanOf(image, width, shape.c, Covered(h, height, shape.h), Covered(w, width, shape.w),
                 out);
        }
      }
    }
  });
  return dst;
}

}  // namespace avocet
