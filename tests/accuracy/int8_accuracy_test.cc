// A pretrained network in 8 bits, on photographs that did not calibrate it: accuracy.py in small.
#include <gtest/gtest.h>

#include <filesystem>

#include "engine/tool/evaluate_models.h"
#include "engine/tool/quantize_model.h"
#include "tests/checkpoint/fetched_models.h"
#include "tests/checkpoint/temporary_folder.h"

namespace avocet {
namespace {

std::string CopyPhotos(const TemporaryFolder& folder, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    std::filesystem::copy(std::string(AVOCET_TEST_DATA "/photos/") + name, folder.path());
  }
  return folder.path();
}

class Int8Accuracy : public testing::TestWithParam<const char*> {};

TEST_P(Int8Accuracy, KeepsLogitsAndClasses) {
  const TemporaryFolder models, calibration, evaluation;
  QuantizeModelOptions quantize;
  quantize.model_dir = FetchedModel(GetParam());
  quantize.images = CopyPhotos(calibration, {"astronaut.jpg", "chelsea.jpg"});
  quantize.output = {models.path(), "int8", std::nullopt};
  quantize.views = 8;
  quantize.quantization.agreement = 0;  // no layer may go back to float
  const auto quantized = QuantizeModel(quantize);
  ASSERT_TRUE(quantized.ok()) << quantized.status();
  EXPECT_GT(quantized->network.multiply_adds.share(), 0.9);

  EvaluateOptions options;
  options.model_dir = quantized->folder;
  options.against_dir = quantize.model_dir;
  options.images = CopyPhotos(evaluation, {"coffee.jpg", "rocket.jpg"});
  options.views = 12;
  const auto result = EvaluateModels(options);
  ASSERT_TRUE(result.ok()) << result.status();
  const LogitsComparison& comparison = *result->comparison;
  EXPECT_GT(comparison.certain, 0);
  EXPECT_GE(comparison.agreement(), 0.98);
  EXPECT_GT(comparison.mean_cosine, 0.99);
}

INSTANTIATE_TEST_SUITE_P(All, Int8Accuracy,
                         testing::Values("tf_efficientnet_lite0", "tf_efficientnet_lite1"),
                         [](const auto& param_info) { return std::string(param_info.param); });

}  // namespace
}  // namespace avocet
