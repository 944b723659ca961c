#include "tests/onednn/run_plan.h"

#include <utility>

#include "engine/base/check.h"
#include "engine/onednn/inference_model.h"

namespace avocet {
namespace {

// Calls visit(index in NCHW order, index in NHWC order) for every element.
template <typename Visit>
void ForEach(const Shape& shape, Visit visit) {
  std::size_t nchw = 0;
  for (int n = 0; n < shape.n; ++n) {
    for (int c = 0; c < shape.c; ++c) {
      for (int h = 0; h < shape.h; ++h) {
        for (int w = 0; w < shape.w; ++w, ++nchw) {
          visit(nchw, static_cast<std::size_t>(((n * shape.h + h) * shape.w + w) * shape.c + c));
        }
      }
    }
  }
}

}  // namespace

std::vector<double> RunPlan(InferencePlan& plan, const Shape& input, const Shape& output,
                            std::span<const float> images) {
  const std::span<float> src = plan.input();
  AVOCET_CHECK(src.size() == images.size());
  ForEach(input, [&](std::size_t nchw, std::size_t nhwc) { src[nhwc] = images[nchw]; });
  plan.Run();
  const std::span<const float> dst = plan.logits();
  std::vector<double> result(dst.size());
  ForEach(output, [&](std::size_t nchw, std::size_t nhwc) { result[nchw] = dst[nhwc]; });
  return result;
}

std::vector<double> RunPlan(const Graph& graph, Parameters parameters,
                            std::span<const float> images, int threads, Precision precision) {
  const Shape input = graph.node(0).shape;
  const auto model = InferenceModel::Create(graph, std::move(parameters));
  auto plan = model->Compile({.batch_size = input.n,
                              .height = input.h,
                              .width = input.w,
                              .threads = threads,
                              .precision = precision});
  AVOCET_CHECK(plan.ok());
  return RunPlan(**plan, input, graph.node(graph.output()).shape, images);
}

}  // namespace avocet
