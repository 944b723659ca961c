#include "tests/onednn/training/train_step.h"

#include <algorithm>
#include <cmath>
#include <iostream>

#include "engine/base/check.h"
#include "tests/reference/golden.h"
#include "tests/reference/worst.h"

namespace avocet {

void FillImages(TrainingPlan& plan, const Shape& shape, std::span<const float> images) {
  const std::span<float> input = plan.input();
  AVOCET_CHECK(input.size() == images.size());
  std::size_t nchw = 0;
  const int pixels = shape.h * shape.w;
  for (int n = 0; n < shape.n; ++n) {
    for (int c = 0; c < shape.c; ++c) {
      for (int p = 0; p < pixels; ++p, ++nchw) {
        input[static_cast<std::size_t>((n * pixels + p) * shape.c + c)] = images[nchw];
      }
    }
  }
}

std::vector<float> SoftTargets(int images, int classes) {
  std::vector<float> targets =
      NamedValues("targets", static_cast<std::size_t>(images) * static_cast<std::size_t>(classes));
  for (auto row = targets.begin(); row != targets.end(); row += classes) {
    float sum = 0;
    for (auto t = row; t != row + classes; ++t) sum += * t = std::exp(2 * *t);
    for (auto t = row; t != row + classes; ++t) *t /= sum;
  }
  return targets;
}

double Norm(std::span<const float> values) {
  double sum = 0;
  for (const float v : values) sum += double{v} * v;
  return std::sqrt(sum);
}

double Difference(std::span<const float> found, std::span<const float> expected) {
  double difference = 0, largest = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    difference = Worst(difference, std::abs(double{found[i]} - expected[i]));
    largest = std::max(largest, std::abs(double{expected[i]}));
  }
  return difference / largest;
}

double SlopeError(const Graph& graph, TrainingPlan& plan, const std::string& name,
                  std::span<const float> gradient) {
  const double length = Norm(gradient);
  double losses[2];
  for (const int side : {0, 1}) {
    Parameters moved = NamedParameters(graph);
    for (std::size_t i = 0; i < gradient.size(); ++i) {
      moved.Get(name)[i] += static_cast<float>((side == 0 ? -0.01 : 0.01) / length) * gradient[i];
    }
    losses[side] = plan.Step(moved, {});
  }
  return std::abs((losses[1] - losses[0]) / 0.02 - length) / length;
}

std::unique_ptr<TrainingPlan> CompileForTraining(const Graph& graph, TrainingPlanOptions options) {
  const Shape shape = graph.node(0).shape;
  options.batch_size = shape.n;
  options.height = shape.h;
  options.width = shape.w;
  auto plan = TrainingPlan::Compile(graph, options);
  if (!plan.ok()) std::cerr << plan.status() << "\n";
  AVOCET_CHECK(plan.ok());
  FillImages(**plan, shape, NamedImages("input", shape));
  std::ranges::copy(SoftTargets(shape.n, graph.node(graph.output()).shape.c),
                    (*plan)->targets().begin());
  return *std::move(plan);
}

}  // namespace avocet
