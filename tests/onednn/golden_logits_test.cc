// Whole networks against PyTorch's logits.
#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "engine/graph/parameter_spec.h"
#include "engine/models/zoo.h"
#include "engine/onednn/inference_model.h"
#include "tests/onednn/run_plan.h"
#include "tests/reference/golden.h"
#include "tests/reference/interpreter.h"

namespace avocet {
namespace {

// Tolerances are in standard deviations of the logits.
constexpr double kReferenceTolerance = 1e-5;
constexpr int kGoldenImages = 2;

struct Entry {
  std::string arch;
  int size;
  bool small;  // enough for the naive reference, and for every batch size
  std::string name() const { return arch + "@" + std::to_string(size); }
  friend std::ostream& operator<<(std::ostream& out, const Entry& e) { return out << e.name(); }
};

// The lite networks are held closer: they have neither gates nor SiLU.
double PlanTolerance(const Entry& entry) {
  return entry.arch.find("lite") != std::string::npos ? 5e-4 : 1e-3;
}

const Entry kEntries[] = {
    {"lenet5", 32, true},
    {"vgg16", 224, false},
    {"vgg16_bn", 224, false},
    {"resnet18", 97, true},
    {"resnet50", 96, false},
    {"resnet101", 64, false},
    {"tf_efficientnet_lite0", 224, true},
    {"tf_efficientnet_lite0", 97, true},
    {"tf_efficientnet_lite1", 96, true},
    {"tf_efficientnet_lite4", 64, true},
    {"efficientnet_lite0", 96, true},
    {"efficientnet_b0", 224, false},
    {"efficientnet_b0", 97, true},
    {"efficientnet_b2", 96, true},
    {"efficientnet_b4", 64, true},
    {"tf_efficientnet_b0", 97, true},
    {"tf_efficientnet_b7", 64, false},
    {"tf_efficientnetv2_b0", 96, true},
    {"tf_efficientnetv2_s", 96, false},
    {"convnext_atto", 96, true},
    {"convnext_nano", 96, true},
    {"convnext_tiny", 224, false},
    {"convnext_tiny", 96, true},
    {"convnext_base", 64, false},
    {"convnextv2_atto", 96, true},
};

Graph Build(const Entry& entry, int batch) {
  const Graph graph = *(*FindBackbone(entry.arch))
                           ->build({.classes = entry.arch == "lenet5" ? 10 : 1000,
                                    .height = entry.size,
                                    .width = entry.size});
  return *graph.Reshape(batch, entry.size, entry.size);
}

class GoldenLogitsTest : public testing::TestWithParam<Entry> {
 protected:
  int channels_ = GetParam().arch == "lenet5" ? 1 : 3;
  std::vector<float> images_ =
      NamedImages("input", {kGoldenImages, channels_, GetParam().size, GetParam().size});
  std::vector<float> expected_ = GoldenLogits(GetParam().name());
};

TEST_P(GoldenLogitsTest, ReferenceEqualsPyTorch) {
  if (!GetParam().small) return;
  const Graph graph = Build(GetParam(), kGoldenImages);
  const Parameters parameters = GoldenParameters(graph, GetParam().arch);
  const std::vector<double> found =
      Interpret(graph, parameters, std::vector<double>(images_.begin(), images_.end()));
  EXPECT_LT(RelativeError(found, expected_), kReferenceTolerance);
}

// Batch 5 repeats the two images; their logits must not depend on their neighbours.
TEST_P(GoldenLogitsTest, PlanEqualsPyTorchAtEveryBatchSize) {
  const Graph graph = Build(GetParam(), 1);
  const auto model = InferenceModel::Create(graph, GoldenParameters(graph, GetParam().arch));
  const std::size_t image_size = images_.size() / kGoldenImages;
  const std::size_t classes = expected_.size() / kGoldenImages;
  const std::vector<int> batches = GetParam().small ? std::vector{1, 2, 5} : std::vector{2};
  for (const int batch : batches) {
    std::vector<float> images, expected;
    for (int i = 0; i < batch; ++i) {
      const auto which = static_cast<std::ptrdiff_t>(i % kGoldenImages);
      const auto pixels = images_.begin() + which * static_cast<std::ptrdiff_t>(image_size);
      images.insert(images.end(), pixels, pixels + static_cast<std::ptrdiff_t>(image_size));
      const auto logits = expected_.begin() + which * static_cast<std::ptrdiff_t>(classes);
      expected.insert(expected.end(), logits, logits + static_cast<std::ptrdiff_t>(classes));
    }
    for (const int threads : GetParam().small ? std::vector{1, 2} : std::vector{2}) {
      auto plan = model->Compile({.batch_size = batch,
                                  .height = GetParam().size,
                                  .width = GetParam().size,
                                  .threads = threads});
      ASSERT_TRUE(plan.ok()) << plan.status();
      const std::vector<double> found =
          RunPlan(**plan, {batch, channels_, GetParam().size, GetParam().size},
                  {batch, static_cast<int>(classes), 1, 1}, images);
      EXPECT_LT(RelativeError(found, expected), PlanTolerance(GetParam()))
          << "batch " << batch << ", threads " << threads;
    }
  }
}

// The twin of both tests above: with one other weight, neither comparison holds.
TEST_P(GoldenLogitsTest, OnePerturbedWeightIsNoticed) {
  const Graph graph = Build(GetParam(), 1);
  Parameters parameters = GoldenParameters(graph, GetParam().arch);
  // Of the stem, which everything behind it depends on.
  parameters.Get(GraphParameters(graph).front().name).front() += 0.5f;

  images_.resize(images_.size() / kGoldenImages);
  expected_.resize(expected_.size() / kGoldenImages);
  if (GetParam().small) {
    const std::vector<double> found =
        Interpret(graph, parameters, std::vector<double>(images_.begin(), images_.end()));
    EXPECT_GT(RelativeError(found, expected_), kReferenceTolerance);
  }
  const std::vector<double> found = RunPlan(graph, std::move(parameters), images_, 1);
  EXPECT_GT(RelativeError(found, expected_), PlanTolerance(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(All, GoldenLogitsTest, testing::ValuesIn(kEntries),
                         [](const auto& param_info) {
                           return param_info.param.arch + "_" +
                                  std::to_string(param_info.param.size);
                         });

}  // namespace
}  // namespace avocet
