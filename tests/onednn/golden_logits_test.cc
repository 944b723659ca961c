// Whole networks against PyTorch's logits.
#include <gtest/gtest.h>

#include <cstddef>
#include <limits>
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
  double ReferenceError(const Parameters& parameters, int batch) const {
    const std::vector<float> images = Repeated(images_, batch);
    const std::vector<double> found = Interpret(Build(GetParam(), batch), parameters,
                                                std::vector<double>(images.begin(), images.end()));
    return RelativeError(found, Repeated(expected_, batch));
  }

  // Of a batch that repeats the two images; their logits must not depend on their neighbours.
  double PlanError(const InferenceModel& model, int batch, int threads) const {
    const int size = GetParam().size;
    const auto plan =
        model.Compile({.batch_size = batch, .height = size, .width = size, .threads = threads});
    EXPECT_TRUE(plan.ok()) << plan.status();
    if (!plan.ok()) return std::numeric_limits<double>::quiet_NaN();  // passes no comparison
    const std::vector<float> expected = Repeated(expected_, batch);
    const int classes = static_cast<int>(expected.size()) / batch;
    const std::vector<double> found = RunPlan(**plan, {batch, channels_, size, size},
                                              {batch, classes, 1, 1}, Repeated(images_, batch));
    return RelativeError(found, expected);
  }

  static std::vector<int> Batches() {
    return GetParam().small ? std::vector{1, 2, 5} : std::vector{2};
  }

  Parameters PyTorchParameters() const { return GoldenParameters(graph_, GetParam().arch); }

  Graph graph_ = Build(GetParam(), 1);

 private:
  // `batch` rows: those of the two images in turns.
  static std::vector<float> Repeated(const std::vector<float>& rows, int batch) {
    const std::size_t row = rows.size() / kGoldenImages;
    std::vector<float> repeated(static_cast<std::size_t>(batch) * row);
    for (std::size_t i = 0; i < repeated.size(); ++i) repeated[i] = rows[i % rows.size()];
    return repeated;
  }

  int channels_ = GetParam().arch == "lenet5" ? 1 : 3;
  std::vector<float> images_ =
      NamedImages("input", {kGoldenImages, channels_, GetParam().size, GetParam().size});
  std::vector<float> expected_ = GoldenLogits(GetParam().name());
};

TEST_P(GoldenLogitsTest, ReferenceEqualsPyTorch) {
  if (!GetParam().small) return;
  EXPECT_LT(ReferenceError(PyTorchParameters(), kGoldenImages), kReferenceTolerance);
}

TEST_P(GoldenLogitsTest, PlanEqualsPyTorchAtEveryBatchSize) {
  const auto model = InferenceModel::Create(graph_, PyTorchParameters());
  for (const int batch : Batches()) {
    for (const int threads : GetParam().small ? std::vector{1, 2} : std::vector{2}) {
      EXPECT_LT(PlanError(*model, batch, threads), PlanTolerance(GetParam()))
          << "batch " << batch << ", threads " << threads;
    }
  }
}

// The twin of both tests above: with one other weight, neither comparison holds.
TEST_P(GoldenLogitsTest, OnePerturbedWeightIsNoticed) {
  Parameters parameters = PyTorchParameters();
  // Of the stem, which everything behind it depends on.
  parameters.Get(GraphParameters(graph_).front().name).front() += 0.5f;
  if (GetParam().small) {
    EXPECT_GT(ReferenceError(parameters, 1), kReferenceTolerance);
  }
  const auto model = InferenceModel::Create(graph_, std::move(parameters));
  for (const int batch : Batches()) {
    EXPECT_GT(PlanError(*model, batch, 2), PlanTolerance(GetParam())) << "batch " << batch;
  }
}

INSTANTIATE_TEST_SUITE_P(All, GoldenLogitsTest, testing::ValuesIn(kEntries),
                         [](const auto& param_info) {
                           return param_info.param.arch + "_" +
                                  std::to_string(param_info.param.size);
                         });

}  // namespace
}  // namespace avocet
