// Photographs through decoding, preprocessing and pretrained networks, against timm with Pillow
// (tests/data/photos/expected.json).
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/softmax.h"
#include "engine/checkpoint/checkpoint.h"
#include "engine/checkpoint/model_config.h"
#include "engine/image/decode.h"
#include "engine/image/preprocessor.h"
#include "engine/models/zoo.h"
#include "engine/onednn/inference_model.h"
#include "nlohmann/json.hpp"
#include "tests/checkpoint/fetched_models.h"

namespace avocet {
namespace {

constexpr double kTolerance = 1e-3;  // of probabilities
constexpr int kTop = 5;
constexpr double kLeastCosine = 0.999;  // of logits in float32 and in bfloat16

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

nlohmann::json Expected() {
  return nlohmann::json::parse(ReadFile(AVOCET_TEST_DATA "/photos/expected.json"));
}

class Network {
 public:
  // `nudge` is added to the first number of `parameter`.
  explicit Network(const std::string& architecture,
                   const std::string& parameter = "conv_stem.weight", float nudge = 0) {
    const std::string folder = FetchedModel(architecture);
    config_ = *ReadModelConfig(folder);
    preprocessor_ = std::make_unique<Preprocessor>(*Preprocessor::Create(config_.preprocess));
    const Graph graph =
        *(*FindBackbone(architecture))
             ->build({.height = config_.preprocess.height, .width = config_.preprocess.width});
    Parameters parameters = *LoadParameters(folder, graph);
    parameters.Get(parameter).front() += nudge;
    model_ = InferenceModel::Create(graph, std::move(parameters));
  }

  // Logits of tests/data/photos/<photo>.
  std::vector<float> Logits(const std::string& photo, Precision precision) {
    Image image;
    const std::string encoded = ReadFile(AVOCET_TEST_DATA "/photos/" + photo);
    EXPECT_TRUE(Decode(encoded, {}, &image).ok()) << photo;
    const auto plan = model_->Compile({.height = config_.preprocess.height,
                                       .width = config_.preprocess.width,
                                       .threads = 1,
                                       .precision = precision});
    EXPECT_TRUE(plan.ok()) << plan.status();
    Preprocessor::Scratch scratch;
    preprocessor_->Run(image, &scratch, (*plan)->input());
    (*plan)->Run();
    return {(*plan)->logits().begin(), (*plan)->logits().end()};
  }

  const std::string& Label(int index) const {
    return config_.label_names[static_cast<std::size_t>(index)];
  }

 private:
  ModelConfig config_;
  std::unique_ptr<Preprocessor> preprocessor_;
  std::unique_ptr<InferenceModel> model_;
};

std::vector<int> Ranking(const std::vector<float>& values, int k) {
  std::vector<int> indices;
  TopK(values, k, indices);
  return indices;
}

// Whether the most probable classes are those of `top_five`, pairs of an index and a probability.
testing::AssertionResult HasTopFive(const std::vector<float>& logits,
                                    const nlohmann::json& top_five) {
  std::vector<float> values(logits.size());
  Softmax(logits, values);
  const std::vector<int> found = Ranking(values, kTop);
  for (std::size_t place = 0; place < kTop; ++place) {
    const auto& [index, probability] = top_five[place].get<std::pair<int, double>>();
    const double value = values[static_cast<std::size_t>(found[place])];
    if (found[place] != index || std::abs(value - probability) > kTolerance) {
      return testing::AssertionFailure()
             << "place " << place << ": expected class " << index << " with " << probability
             << ", found class " << found[place] << " with " << value;
    }
  }
  return testing::AssertionSuccess();
}

double Cosine(const std::vector<float>& a, const std::vector<float>& b) {
  double dot = 0, a_square = 0, b_square = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    dot += double{a[i]} * b[i];
    a_square += double{a[i]} * a[i];
    b_square += double{b[i]} * b[i];
  }
  return dot / std::sqrt(a_square * b_square);
}

class PhotographsTest : public testing::TestWithParam<const char*> {
 protected:
  // Calls visit(photo, its entry) for every photograph that this network has expectations for.
  template <typename Visit>
  void ForEachPhoto(Visit visit) {
    const std::string prefix = std::string(GetParam()) + "/";
    int photos = 0;
    const nlohmann::json expected = Expected();
    for (const auto& [key, entry] : expected.items()) {
      if (!key.starts_with(prefix)) continue;
      ++photos;
      visit(key.substr(prefix.size()), entry);
    }
    EXPECT_EQ(photos, 4);
  }
};

TEST_P(PhotographsTest, TopFiveAreTimms) {
  Network network(GetParam());
  ForEachPhoto([&](const std::string& photo, const nlohmann::json& entry) {
    EXPECT_TRUE(HasTopFive(network.Logits(photo, Precision::kFloat32), entry["top5"])) << photo;
  });
}

TEST_P(PhotographsTest, OnePerturbedWeightIsNoticed) {
  Network network(GetParam(), "conv_stem.weight", 0.5f);
  ForEachPhoto([&](const std::string& photo, const nlohmann::json& entry) {
    EXPECT_FALSE(HasTopFive(network.Logits(photo, Precision::kFloat32), entry["top5"])) << photo;
  });
}

TEST_P(PhotographsTest, BFloat16KeepsTheFirstClassAndTheDirection) {
  if (!HasBFloat16Instructions()) GTEST_SKIP() << "this CPU has no bfloat16 instructions";
  Network network(GetParam());
  ForEachPhoto([&](const std::string& photo, const nlohmann::json&) {
    const std::vector<float> exact = network.Logits(photo, Precision::kFloat32);
    const std::vector<float> rounded = network.Logits(photo, Precision::kBFloat16);
    EXPECT_EQ(Ranking(exact, 1), Ranking(rounded, 1)) << photo;
    EXPECT_GT(Cosine(exact, rounded), kLeastCosine) << photo;
    EXPECT_NE(exact, rounded);
  });
}

// The twin. It makes a class of no photograph the first: logits are below 20.
TEST_P(PhotographsTest, InBFloat16OnePerturbedWeightIsNoticed) {
  if (!HasBFloat16Instructions()) GTEST_SKIP() << "this CPU has no bfloat16 instructions";
  const std::string photo = "coffee.jpg";
  const std::vector<float> exact = Network(GetParam()).Logits(photo, Precision::kFloat32);
  const std::vector<float> rounded =
      Network(GetParam(), "classifier.bias", 20).Logits(photo, Precision::kBFloat16);
  EXPECT_NE(Ranking(exact, 1), Ranking(rounded, 1));
  EXPECT_LT(Cosine(exact, rounded), kLeastCosine);
}

TEST(Photographs, CoffeeIsEspresso) {
  Network network("tf_efficientnet_lite0");
  const std::vector<float> logits = network.Logits("coffee.jpg", Precision::kFloat32);
  EXPECT_EQ(network.Label(Ranking(logits, 1)[0]), "espresso");
}

INSTANTIATE_TEST_SUITE_P(All, PhotographsTest,
                         testing::Values("tf_efficientnet_lite0", "tf_efficientnet_lite1"),
                         [](const auto& param_info) { return std::string(param_info.param); });

}  // namespace
}  // namespace avocet
