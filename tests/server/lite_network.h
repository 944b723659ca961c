// A real network of small pictures: a folder to serve it from, and what must be answered with it.
#ifndef AVOCET_TESTS_SERVER_LITE_NETWORK_H_
#define AVOCET_TESTS_SERVER_LITE_NETWORK_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/checkpoint/model_config.h"
#include "engine/graph/graph.h"
#include "engine/graph/parameters.h"
#include "engine/onednn/inference_model.h"
#include "proto/classifier.pb.h"

namespace avocet::testing {

// tf_efficientnet_lite0 of 10 classes at 64 pixels, whose weights are functions of their names.
class LiteNetwork {
 public:
  static constexpr char kName[] = "lite";
  static constexpr int kClasses = 10;
  static constexpr int kSide = 64;

  // `nudge` is added to one weight of the stem.
  explicit LiteNetwork(float nudge = 0);

  // Writes <models>/lite/1.
  void WriteFolder(const std::string& models) const;

  // Of each class, computed without a server: decoded, preprocessed, and run alone, in float32 on
  // one thread.
  std::vector<float> Probabilities(std::string_view encoded) const;

  // Whether `result` names every class once, most probable first, with its label and one of these
  // probabilities, which are by class.
  static ::testing::AssertionResult Agrees(const v1::ImageResult& result,
                                           const std::vector<float>& probabilities);

 private:
  Parameters MakeParameters() const;

  const float nudge_;
  const ModelConfig config_;
  const Graph graph_;
  const std::unique_ptr<const InferenceModel> model_;
};

// The files of tests/data/photos.
std::vector<std::string> Photographs();

}  // namespace avocet::testing

#endif  // AVOCET_TESTS_SERVER_LITE_NETWORK_H_
