#include "tests/server/lite_network.h"

#include <cmath>
#include <cstddef>
#include <fstream>
#include <iterator>
#include <set>

#include "engine/base/check.h"
#include "engine/base/softmax.h"
#include "engine/checkpoint/model_folder.h"
#include "engine/image/decode.h"
#include "engine/image/preprocessor.h"
#include "engine/models/zoo.h"
#include "tests/reference/golden.h"

namespace avocet::testing {
namespace {

constexpr char kArchitecture[] = "tf_efficientnet_lite0";
// Of probabilities. Plans for other batch sizes and threads add up in another order.
constexpr double kTolerance = 1e-5;

std::string LabelOf(int index) { return "label " + std::to_string(index); }

ModelConfig MakeConfig() {
  ModelConfig config;
  config.architecture = kArchitecture;
  config.num_classes = LiteNetwork::kClasses;
  for (int i = 0; i < LiteNetwork::kClasses; ++i) config.label_names.push_back(LabelOf(i));
  config.preprocess.height = config.preprocess.width = LiteNetwork::kSide;
  return config;
}

Graph MakeGraph() {
  const auto backbone = FindBackbone(kArchitecture);
  AVOCET_CHECK(backbone.ok());
  auto graph = (*backbone)->build({.classes = LiteNetwork::kClasses,
                                   .height = LiteNetwork::kSide,
                                   .width = LiteNetwork::kSide});
  AVOCET_CHECK(graph.ok());
  return *std::move(graph);
}

}  // namespace

LiteNetwork::LiteNetwork(float nudge)
    : nudge_(nudge),
      config_(MakeConfig()),
      graph_(MakeGraph()),
      model_(InferenceModel::Create(graph_, MakeParameters())) {}

Parameters LiteNetwork::MakeParameters() const {
  Parameters parameters = NamedParameters(graph_);
  parameters.Get("conv_stem.weight").front() += nudge_;
  return parameters;
}

void LiteNetwork::WriteFolder(const std::string& models) const {
  const Parameters parameters = MakeParameters();
  const auto specs = GraphParameters(graph_);
  const auto folder = WriteModelFolder({.models = models, .name = kName, .version = 1}, config_,
                                       TensorsOf(parameters, specs));
  AVOCET_CHECK(folder.ok());
}

std::vector<float> LiteNetwork::Probabilities(std::string_view encoded) const {
  Image image;
  AVOCET_CHECK(Decode(encoded, {}, &image).ok());
  const auto preprocessor = Preprocessor::Create(config_.preprocess);
  const auto plan =
      model_->Compile({.height = kSide, .width = kSide, .precision = Precision::kFloat32});
  AVOCET_CHECK(preprocessor.ok() && plan.ok());
  Preprocessor::Scratch scratch;
  preprocessor->Run(image, &scratch, (*plan)->input());
  (*plan)->Run();
  std::vector<float> probabilities((*plan)->logits().size());
  Softmax((*plan)->logits(), probabilities);
  return probabilities;
}

::testing::AssertionResult LiteNetwork::Agrees(const v1::ImageResult& result,
                                               const std::vector<float>& probabilities) {
  if (!result.has_classification()) {
    return ::testing::AssertionFailure() << "no classification: " << result.error().message();
  }
  std::set<int> classes;
  float last = 1;
  for (const v1::ClassScore& score : result.classification().classes()) {
    if (score.index() < 0 || score.index() >= kClasses || !classes.insert(score.index()).second) {
      return ::testing::AssertionFailure() << "an unexpected class " << score.index();
    }
    if (score.label() != LabelOf(score.index())) {
      return ::testing::AssertionFailure()
             << "class " << score.index() << " is called " << score.label();
    }
    const float expected = probabilities[static_cast<std::size_t>(score.index())];
    // Negated, so that what is no number fails.
    if (!(std::abs(score.probability() - expected) <= kTolerance)) {
      return ::testing::AssertionFailure()
             << score.label() << ": expected " << expected << ", found " << score.probability();
    }
    if (score.probability() > last) {
      return ::testing::AssertionFailure() << score.label() << " comes too late";
    }
    last = score.probability();
  }
  if (classes.size() != kClasses) {
    return ::testing::AssertionFailure() << "only " << classes.size() << " classes";
  }
  return ::testing::AssertionSuccess();
}

std::vector<std::string> Photographs() {
  std::vector<std::string> photographs;
  for (const char* name : {"astronaut", "chelsea", "coffee", "rocket"}) {
    std::ifstream file(std::string(AVOCET_TEST_DATA "/photos/") + name + ".jpg", std::ios::binary);
    photographs.emplace_back(std::istreambuf_iterator<char>(file),
                             std::istreambuf_iterator<char>());
    AVOCET_CHECK(!photographs.back().empty());
  }
  return photographs;
}

}  // namespace avocet::testing
