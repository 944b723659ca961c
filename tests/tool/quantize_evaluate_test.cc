// Folders through quantization and evaluation.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "engine/checkpoint/checkpoint.h"
#include "engine/checkpoint/quantization_file.h"
#include "engine/tool/evaluate_models.h"
#include "engine/tool/evaluation_report.h"
#include "engine/tool/program_report.h"
#include "engine/tool/quantize_model.h"
#include "nlohmann/json.hpp"
#include "tests/checkpoint/temporary_folder.h"
#include "tests/tool/golden_folder.h"

namespace avocet {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr int kNoiseSize = 64;
constexpr char kPhotos[] = AVOCET_TEST_DATA "/photos";

QuantizeModelOptions Options(const std::string& model, const std::string& models) {
  QuantizeModelOptions options;
  options.model_dir = model;
  options.images = kPhotos;
  options.output = {models, "int8", std::nullopt};
  options.views = 3;
  options.quantization.agreement = 0.9;
  return options;
}

// Squeeze-and-excite and SiLU.
TEST(QuantizeAndEvaluate, KeepAnEfficientNet) {
  const TemporaryFolder models, noise;
  WriteNoise(noise.path(), 12, kNoiseSize);
  const std::string plain = WriteGoldenFolder(models.path(), "efficientnet_b0", kNoiseSize);
  QuantizeModelOptions quantize = Options(plain, models.path());
  quantize.images = noise.path();
  quantize.views = 1;
  const auto quantized = QuantizeModel(quantize);
  ASSERT_TRUE(quantized.ok()) << quantized.status();
  EXPECT_EQ(quantized->folder, models.path() + "/int8/1");
  EXPECT_EQ(quantized->calibration, 3u);
  EXPECT_EQ(quantized->held_out, 9u);
  EXPECT_GE(quantized->network.comparison.agreement(), 0.9);
  EXPECT_GT(quantized->network.multiply_adds.share(), 0.9);
  EXPECT_THAT(QuantizedModelText(*quantized),
              AllOf(HasSubstr("3 images calibrated, 9 compared"), HasSubstr("/int8/1\n")));

  // The weights are the same, and who knows no quantization computes the same.
  const auto graph = BuildGraph(*ReadModelConfig(quantized->folder));
  const auto weights = LoadParameters(quantized->folder, *graph);
  ASSERT_TRUE(weights.ok()) << weights.status();
  EXPECT_THAT(weights->Get("conv_stem.weight"),
              testing::ElementsAreArray(LoadParameters(plain, *graph)->Get("conv_stem.weight")));

  EvaluateOptions options;
  options.model_dir = quantized->folder;
  options.against_dir = plain;
  options.images = noise.path();
  const auto evaluation = EvaluateModels(options);
  ASSERT_TRUE(evaluation.ok()) << evaluation.status();
  EXPECT_EQ(evaluation->images, 12u);
  EXPECT_EQ(evaluation->model.precision, Precision::kInt8);
  EXPECT_EQ(evaluation->against->precision, Precision::kFloat32);
  EXPECT_GT(evaluation->comparison->mean_cosine, 0.99);
  EXPECT_LT(evaluation->comparison->mean_cosine, 1 - 1e-9);  // it did compute in 8 bits
  EXPECT_FALSE(evaluation->model.scores.has_value());

  options.load.precision = Precision::kFloat32;
  EXPECT_EQ(EvaluateModels(options)->comparison->largest_probability_change, 0);

  const auto network = FindNetwork(quantized->folder, {});
  const auto program = MeasureProgram(*network, {.runs = 1, .precision = Precision::kInt8});
  ASSERT_TRUE(program.ok()) << program.status();
  EXPECT_FALSE(program->random_weights);
}

TEST(QuantizeModel, NeedsTwoReadablePictures) {
  const TemporaryFolder models, images;
  const std::string plain = WriteGoldenFolder(models.path(), "tf_efficientnet_lite0", 32);
  QuantizeModelOptions options = Options(plain, models.path());
  options.images = images.path();
  images.Write("text.png", "text");
  std::filesystem::copy(std::string(kPhotos) + "/coffee.jpg", images.path());
  EXPECT_THAT(std::string(QuantizeModel(options).status().message()),
              AllOf(HasSubstr("expected two pictures at least"), HasSubstr("could read 1"),
                    HasSubstr("/text.png: ")));
  EXPECT_FALSE(std::filesystem::exists(models.path() + "/int8/1"));
}

class EvaluateLabelled : public testing::Test {
 protected:
  EvaluateLabelled() {
    for (const auto& [photo, group] : {std::pair{"coffee.jpg", "espresso"},
                                       {"rocket.jpg", "space_shuttle"},
                                       {"chelsea.jpg", "285"}}) {
      std::filesystem::create_directory(images_.path() + "/" + group);
      std::filesystem::copy(std::string(kPhotos) + "/" + photo, images_.path() + "/" + group);
    }
    options_.model_dir = WriteGoldenFolder(models_.path(), "tf_efficientnet_lite0", 32);
    options_.images = images_.path();
  }

  TemporaryFolder models_;
  TemporaryFolder images_;
  EvaluateOptions options_;
};

TEST_F(EvaluateLabelled, CountsClasses) {
  const auto evaluation = EvaluateModels(options_);
  ASSERT_TRUE(evaluation.ok()) << evaluation.status();
  ASSERT_TRUE(evaluation->model.scores.has_value());
  const ConfusionMatrix& confusion = evaluation->model.scores->confusion();
  EXPECT_EQ(confusion.total(), 3);
  EXPECT_EQ(confusion.per_class()[285].images, 1);
  EXPECT_EQ(confusion.per_class()[812].images, 1);
  EXPECT_EQ(confusion.per_class()[967].images, 1);
  // Three classes with images, and as many as were answered.
  const Matrix matrix = ConfusionPicture(evaluation->model);
  EXPECT_GE(matrix.names.size(), 3u);
  EXPECT_LE(matrix.names.size(), 6u);
  std::int64_t total = 0;
  const int side = static_cast<int>(matrix.names.size());
  for (int i = 0; i < side * side; ++i) total += matrix.count(i / side, i % side);
  EXPECT_EQ(total, 3);
  const auto json = nlohmann::json::parse(EvaluationJson(*evaluation));
  EXPECT_EQ(json["images"], 3);
  EXPECT_EQ(json["model"]["top1"], evaluation->model.scores->top1());
  EXPECT_THAT(EvaluationText(*evaluation), HasSubstr("3 images\n"));
}

TEST_F(EvaluateLabelled, LeavesOutWhatItCannotRead) {
  images_.Write("espresso/broken.jpg", "no picture");
  const auto evaluation = EvaluateModels(options_);
  ASSERT_TRUE(evaluation.ok()) << evaluation.status();
  EXPECT_EQ(evaluation->images, 3u);
  ASSERT_EQ(evaluation->unreadable.size(), 1u);
  EXPECT_THAT(evaluation->unreadable[0], HasSubstr("/espresso/broken.jpg: "));
}

TEST_F(EvaluateLabelled, NeedsAQuantizationForInt8) {
  options_.load.precision = Precision::kInt8;
  EXPECT_THAT(std::string(EvaluateModels(options_).status().message()),
              HasSubstr("int8 needs a quantization.json"));
  std::ofstream(options_.model_dir + "/quantization.json") << "{}";
  EXPECT_THAT(std::string(EvaluateModels(options_).status().message()),
              HasSubstr("\"version\" is missing"));
}

}  // namespace
}  // namespace avocet
