// A new version of a real network, from the folder to the answer.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "engine/checkpoint/model_folder.h"
#include "engine/graph/parameter_spec.h"
#include "engine/graph/parameters.h"
#include "engine/models/zoo.h"
#include "server/model_loader.h"
#include "server/model_watcher.h"
#include "tests/checkpoint/temporary_folder.h"
#include "tests/server/test_server.h"

namespace avocet::testing {
namespace {

constexpr int kSide = 32;

// A network that puts every picture into class `answer`: only the classifier's bias is not zero.
void Publish(const std::string& models, int answer) {
  const absl::StatusOr<const Backbone*> backbone = FindBackbone("resnet18");
  ASSERT_TRUE(backbone.ok());
  const absl::StatusOr<Graph> graph =
      (*backbone)->build({.classes = 10, .height = kSide, .width = kSide});
  ASSERT_TRUE(graph.ok());
  const std::vector<ParameterSpec> specs = GraphParameters(*graph);
  Parameters parameters(specs);
  parameters.Get("fc.bias")[static_cast<std::size_t>(answer)] = 5;
  std::vector<std::string> labels;
  for (int i = 0; i < 10; ++i) labels.push_back("label " + std::to_string(i));
  const ModelConfig config = {.architecture = "resnet18",
                              .num_classes = 10,
                              .num_features = std::nullopt,
                              .label_names = labels,
                              .preprocess = {.height = kSide, .width = kSide},
                              .test_preprocess = std::nullopt,
                              .other_members = ""};
  const auto folder = WriteModelFolder({.models = models, .name = "net", .version = std::nullopt},
                                       config, TensorsOf(parameters, specs));
  ASSERT_TRUE(folder.ok()) << folder.status();
}

TEST(ReloadEngine, AnswersWithTheNewWeightsAndFailsNoRequest) {
  const TemporaryFolder folder;
  Publish(folder.path(), 1);
  TestServer server({.executors = 2, .wide_threads = 2});
  Tuner tuner({});
  ModelWatcher watcher(
      {.models = folder.path(),
       .plans = {.max_batch_size = 2},
       .load = MakeModelLoader({}, tuner),
       .set_serving = [&](const std::string& name,
                          bool serving) { server.server->SetModelServing(name, serving); }},
      server.environment(), tuner);
  watcher.Poll();  // the fake model of the test server goes, as it has no folder

  std::atomic<bool> done = false;
  std::atomic<int> answered = 0;
  std::vector<std::thread> callers;
  for (int i = 0; i < 2; ++i) {
    callers.emplace_back([&] {
      for (; !done; ++answered) {
        v1::ClassifyRequest request = TestServer::Request({Picture(0), Picture(9)});
        request.set_model("net");
        const Reply reply = server.Classify(request);
        ASSERT_TRUE(reply.status.ok()) << reply.status.error_message();
        EXPECT_EQ(reply.Label(0), reply.response.version());
        EXPECT_EQ(reply.Label(1), reply.response.version());
      }
    });
  }
  for (int version = 2; version <= 3; ++version) {
    Publish(folder.path(), version);
    watcher.Poll();
    WaitUntil([&, before = answered.load()] { return answered > before + 4; });
  }
  done = true;
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(server.Classify({Picture(0)}).response.version(), 3);
}

}  // namespace
}  // namespace avocet::testing
