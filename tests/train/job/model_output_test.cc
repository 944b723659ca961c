// What timm finds in the files: the names and shapes of its own state dicts.
#include "engine/train/job/model_output.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/checkpoint/label_names.h"
#include "engine/checkpoint/model_config.h"
#include "engine/checkpoint/safetensors.h"
#include "engine/models/zoo.h"
#include "engine/train/job/publish.h"
#include "tests/checkpoint/temporary_folder.h"
#include "tests/models/state_dicts.h"

namespace avocet {
namespace {

constexpr int kClasses = 1000;

TrainedNetwork ZeroNetwork(const std::string& architecture) {
  TrainedNetwork network;
  network.graph = *(*FindBackbone(architecture))->build({.height = 64, .width = 64});
  network.specs = GraphParameters(network.graph);
  network.parameters = Parameters(network.specs);
  network.model.architecture = architecture;
  network.model.num_classes = kClasses;
  network.model.label_names = DefaultLabelNames(kClasses);
  network.model.preprocess.height = network.model.preprocess.width = 64;
  return network;
}

StateDict DictOf(const std::string& folder) {
  const absl::StatusOr<Safetensors> file = Safetensors::Open(folder + "/model.safetensors");
  EXPECT_TRUE(file.ok()) << file.status();
  StateDict dict;
  for (const TensorView& tensor : file->tensors()) dict[tensor.name] = tensor.shape;
  return dict;
}

// Batch norms, convolutions, and an MLP that timm makes of linear layers.
TEST(ModelOutput, HoldsWhatTimmsStateDictDoes) {
  const auto expected = ReadStateDicts();
  for (const char* architecture : {"efficientnet_b0", "convnext_tiny"}) {
    const TemporaryFolder folder;
    const TrainedNetwork network = ZeroNetwork(architecture);
    ASSERT_TRUE(
        WriteModel(folder.path() + "/model", {}, network, network.parameters, Progress{.step = 7})
            .ok());
    EXPECT_EQ(DictOf(folder.path() + "/model"), expected.at(architecture)) << architecture;
  }
}

TEST(ModelOutput, IsPublishedAlike) {
  const TemporaryFolder folder;
  const TrainedNetwork network = ZeroNetwork("efficientnet_b0");
  ASSERT_TRUE(
      WriteModel(folder.path() + "/model", {}, network, network.parameters, Progress{}).ok());
  const auto published = PublishModel(folder.path() + "/net", folder.path() + "/model");
  ASSERT_TRUE(published.ok()) << published.status();
  EXPECT_EQ(DictOf(published->path), ReadStateDicts().at("efficientnet_b0"));
}

}  // namespace
}  // namespace avocet
