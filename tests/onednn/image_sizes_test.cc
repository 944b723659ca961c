// Every family takes images of any size: compiled from one model, as the server does on demand.
//
// Small sizes by default; AVOCET_TEST_ALL_SIZES=1 adds 224 and 1024, and VGG, which has too many
// parameters for every day.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

#include "engine/models/zoo.h"
#include "engine/onednn/inference_model.h"
#include "tests/reference/golden.h"

namespace avocet {
namespace {

constexpr int kClasses = 5;

bool AllSizes() { return std::getenv("AVOCET_TEST_ALL_SIZES") != nullptr; }

std::vector<int> Sizes() {
  std::vector<int> sizes = {32, 33, 97};
  if (AllSizes()) sizes.insert(sizes.end(), {224, 1024});
  return sizes;
}

std::vector<Precision> Precisions() {
  std::vector<Precision> precisions = {Precision::kFloat32};
  if (HasBFloat16Instructions()) precisions.push_back(Precision::kBFloat16);
  return precisions;
}

// Compiles and runs a network for every size. A model for each precision, since the first plan
// decides what is kept of the weights.
void CompileAll(const char* network) {
  const Graph graph =
      *(*FindBackbone(network))->build({.classes = kClasses, .height = 224, .width = 224});
  for (const Precision precision : Precisions()) {
    const auto model = InferenceModel::Create(graph, NamedParameters(graph));
    for (const int size : Sizes()) {
      const std::string what =
          std::to_string(size) + " pixels in " + std::string(PrecisionName(precision));
      const auto plan =
          model->Compile({.height = size, .width = size, .threads = 2, .precision = precision});
      ASSERT_TRUE(plan.ok()) << what << ": " << plan.status();
      const std::vector<float> pixels = NamedValues("pixels", (*plan)->input().size());
      std::ranges::copy(pixels, (*plan)->input().begin());
      (*plan)->Run();
      const std::span<const float> logits = (*plan)->logits();
      ASSERT_EQ(logits.size(), static_cast<std::size_t>(kClasses));
      EXPECT_TRUE(std::ranges::all_of(logits, [](float v) { return std::isfinite(v); })) << what;
      EXPECT_NE(logits.front(), logits.back()) << what;
    }
  }
}

class ImageSizes : public ::testing::TestWithParam<const char*> {};

TEST_P(ImageSizes, AreCompiledOnDemand) { CompileAll(GetParam()); }

INSTANTIATE_TEST_SUITE_P(Families, ImageSizes,
                         ::testing::Values("resnet18", "resnet50", "tf_efficientnet_lite0",
                                           "efficientnet_b0", "tf_efficientnetv2_b0",
                                           "convnext_atto", "convnextv2_atto"),
                         [](const auto& test) { return std::string(test.param); });

TEST(ImageSizesOfVgg, AreCompiledOnDemand) {
  if (!AllSizes()) GTEST_SKIP() << "set AVOCET_TEST_ALL_SIZES for it";
  CompileAll("vgg11");
}

}  // namespace
}  // namespace avocet
