// Photographs over the wire through a real network, against the network without the server.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "engine/base/check.h"
#include "engine/image/decode.h"
#include "server/drain.h"
#include "server/model_folders.h"
#include "server/model_loader.h"
#include "tests/checkpoint/temporary_folder.h"
#include "tests/server/lite_network.h"
#include "tests/server/test_server.h"

namespace avocet::testing {
namespace {

class EngineServiceTest : public ::testing::Test {
 protected:
  EngineServiceTest() {
    for (const std::string& photo : photos_) expected_.push_back(network_.Probabilities(photo));
    network_.WriteFolder(folder_.path());
    const ModelLoader load = MakeModelLoader(
        {.precision = {.of_all = Precision::kFloat32, .of_model = {}}}, server_.tuner);
    auto models = LoadModels(folder_.path(), VersionPolicy::kLatest, load, server_.metrics);
    AVOCET_CHECK(models.ok());
    auto table = ModelTable::Create(*std::move(models), "", server_.metrics);
    AVOCET_CHECK(table.ok());
    server_.registry->Replace(*std::move(table));
    server_.StartExecutors();
  }

  static v1::ClassifyRequest ForAllClasses(std::vector<std::string> images) {
    v1::ClassifyRequest request = TestServer::Request(std::move(images));
    request.set_top_k(LiteNetwork::kClasses);
    return request;
  }

  // Every photograph, beginning with number `turn`, and the broken one somewhere among them.
  v1::ClassifyRequest Mixed(std::size_t turn) const {
    std::vector<std::string> images;
    for (std::size_t i = 0; i < photos_.size(); ++i) images.push_back(photos_[PhotoAt(turn, i)]);
    images.insert(images.begin() + static_cast<std::ptrdiff_t>(BrokenAt(turn)), broken_);
    return ForAllClasses(std::move(images));
  }

  void ExpectRight(const Reply& reply, std::size_t turn) const {
    ASSERT_TRUE(reply.status.ok()) << reply.status.error_message();
    EXPECT_EQ(reply.response.model(), LiteNetwork::kName);
    ASSERT_EQ(reply.response.results_size(), static_cast<int>(photos_.size()) + 1);
    std::vector<v1::ImageResult> results(reply.response.results().begin(),
                                         reply.response.results().end());
    const auto broken = results.begin() + static_cast<std::ptrdiff_t>(BrokenAt(turn));
    Image image;
    const absl::Status status = Decode(broken_, {}, &image);
    EXPECT_EQ(broken->error().code(), static_cast<int>(absl::StatusCode::kInvalidArgument));
    EXPECT_EQ(broken->error().message(), std::string(status.message()));
    results.erase(broken);
    for (std::size_t i = 0; i < results.size(); ++i) {
      EXPECT_TRUE(LiteNetwork::Agrees(results[i], expected_[PhotoAt(turn, i)]))
          << "photograph " << i << " of turn " << turn;
    }
  }

  // What was counted for the network under this name and these other labels, in their order.
  double Counted(const std::string& name, const std::string& before = "",
                 const std::string& after = "") const {
    return server_.Metric("avocet_" + name + "{" + before + "model=\"lite\"" + after + "}");
  }
  double Ended(const std::string& what, const std::string& code) const {
    return Counted(what + "_total", "code=\"" + code + "\",");
  }
  double InStage(const std::string& stage) const {
    return Counted("stage_duration_seconds_count", "", ",stage=\"" + stage + "\"");
  }

  std::size_t PhotoAt(std::size_t turn, std::size_t i) const { return (turn + i) % photos_.size(); }
  std::size_t BrokenAt(std::size_t turn) const { return turn % (photos_.size() + 1); }

  const TemporaryFolder folder_;
  const LiteNetwork network_;
  const std::vector<std::string> photos_ = Photographs();
  const std::string broken_ = photos_[0].substr(0, photos_[0].size() / 2);
  std::vector<std::vector<float>> expected_;  // of each photograph
  // What plans there are is pinned: measuring would take real time.
  TestServer server_{
      {.executors = 2,
       .wide_threads = 2,
       .plans = {.max_batch_size = 4, .batch_sizes = {2, 4}, .lone_image = LoneImage::kWide},
       .start_executors = false}};
};

TEST_F(EngineServiceTest, AnswersManyCallersAsTheNetworkAnswersAlone) {
  constexpr std::size_t kCallers = 4;
  constexpr std::size_t kRequests = 6;  // of each
  std::vector<std::thread> callers;
  for (std::size_t caller = 0; caller < kCallers; ++caller) {
    callers.emplace_back([this, caller] {
      for (std::size_t i = 0; i < kRequests; ++i) {
        const std::size_t turn = caller + i;
        ExpectRight(server_.Classify(Mixed(turn)), turn);
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  double photo_bytes = 0;  // of all photographs
  for (std::size_t i = 0; i < photos_.size(); ++i) {
    server_.WaitUntilIdle();  // so that it has all cores
    const Reply reply = server_.Classify(ForAllClasses({photos_[i]}));
    ASSERT_TRUE(reply.status.ok()) << reply.status.error_message();
    EXPECT_TRUE(LiteNetwork::Agrees(reply.response.results(0), expected_[i]));
    photo_bytes += static_cast<double>(photos_[i].size());
  }

  constexpr int kMixed = kCallers * kRequests;
  const int photos = static_cast<int>(photos_.size());
  const int good = (kMixed + 1) * photos;
  EXPECT_EQ(Ended("requests", "OK"), kMixed + photos);
  EXPECT_EQ(Ended("images", "OK"), good);
  EXPECT_EQ(Ended("images", "INVALID_ARGUMENT"), kMixed);
  for (const char* stage : {"queue", "decode"}) EXPECT_EQ(InStage(stage), good + kMixed) << stage;
  for (const char* stage : {"preprocess", "inference"}) EXPECT_EQ(InStage(stage), good) << stage;
  EXPECT_EQ(Counted("batch_size_sum"), good);
  EXPECT_EQ(Counted("image_bytes_total"),
            (kMixed + 1) * photo_bytes + kMixed * static_cast<double>(broken_.size()));
  EXPECT_EQ(server_.Metric("avocet_requests_in_flight"), 0);
}

TEST_F(EngineServiceTest, TellsPhotographsAndWeightsApart) {
  const Reply reply = server_.Classify(ForAllClasses(photos_));
  ASSERT_TRUE(reply.status.ok()) << reply.status.error_message();
  const LiteNetwork twin(0.5f);
  for (std::size_t i = 0; i < photos_.size(); ++i) {
    const v1::ImageResult& result = reply.response.results(static_cast<int>(i));
    EXPECT_FALSE(LiteNetwork::Agrees(result, twin.Probabilities(photos_[i])))
        << "one weight is another";
    for (std::size_t other = 0; other < photos_.size(); ++other) {
      const bool agrees{LiteNetwork::Agrees(result, expected_[other])};
      EXPECT_EQ(agrees, other == i) << "photographs " << i << " and " << other;
    }
  }
}

TEST_F(EngineServiceTest, AnswersWhatItAcceptedBeforeItIsDrained) {
  constexpr std::size_t kRequests = 12;
  const int images = static_cast<int>(kRequests * (photos_.size() + 1));
  std::vector<PendingReply> accepted;
  DrainOptions options{.delay = std::chrono::milliseconds(1)};
  // The queue is closed when this returns; most images are in it then.
  options.sleep = [&](std::chrono::milliseconds) {
    for (std::size_t turn = 0; turn < kRequests; ++turn)
      accepted.push_back(server_.Send(Mixed(turn)));
    WaitUntil([&] {
      // In this order, so that no image counts twice.
      const double taken = InStage("queue");
      return taken + server_.queue->depth() == images;
    });
  };
  const absl::Status drained = Drain(options, *server_.server, *server_.queue, server_.calls);
  EXPECT_TRUE(drained.ok()) << drained;
  ASSERT_EQ(accepted.size(), kRequests);
  for (std::size_t turn = 0; turn < kRequests; ++turn) ExpectRight(accepted[turn].Get(), turn);
  EXPECT_EQ(Ended("requests", "OK"), static_cast<double>(kRequests));
  EXPECT_EQ(Ended("images", "OK") + Ended("images", "INVALID_ARGUMENT"), images);
}

}  // namespace
}  // namespace avocet::testing
