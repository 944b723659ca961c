// Models and versions that come and go while the server answers. The networks are fake, the folders
// real, and the looks at them are made by the test.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "server/model_watcher.h"
#include "server/repeating_thread.h"
#include "tests/checkpoint/temporary_folder.h"
#include "tests/server/generic_client.h"
#include "tests/server/test_server.h"

namespace avocet::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Reload : public ::testing::Test {
 protected:
  explicit Reload(TestServerOptions options = {.executors = 2}) : server_(std::move(options)) {
    Make("fake/1");
  }

  // The networks are used by plans of the server's executors.
  ~Reload() override {
    later_.Release();
    server_.StopExecutors();
  }

  void Make(const std::string& folder) {
    std::filesystem::create_directories(folder_.path() + "/" + folder);
  }
  void Remove(const std::string& folder) {
    std::filesystem::remove_all(folder_.path() + "/" + folder);
  }

  ModelWatcher Watcher(VersionPolicy versions = VersionPolicy::kLatest,
                       const std::string& default_model = "") {
    const ModelLoader load =
        [this](const std::filesystem::path& folder, const std::string& name,
               std::int64_t version) -> absl::StatusOr<std::shared_ptr<const ServedModel>> {
      ++loads_;
      if (std::filesystem::exists(folder / "broken")) return absl::DataLossError("broken");
      return later_.Model(name, version);
    };
    return ModelWatcher(
        {.models = folder_.path(),
         .versions = versions,
         .default_model = default_model,
         .load = load,
         .set_serving = [this](const std::string& name,
                               bool serving) { server_.server->SetModelServing(name, serving); }},
        server_.environment(), tuner_);
  }

  // The version that answers; 0 when the call fails.
  std::int64_t Ask(const std::string& model = "") {
    v1::ClassifyRequest request = TestServer::Request({Picture(3)});
    request.set_model(model);
    const Reply reply = server_.Classify(request);
    EXPECT_TRUE(!reply.status.ok() || reply.Label() == 3);
    return reply.status.ok() ? reply.response.version() : 0;
  }

  std::vector<std::string> Listed() {
    grpc::ClientContext context;
    v1::ListModelsResponse response;
    EXPECT_TRUE(server_.stub().ListModels(&context, {}, &response).ok());
    std::vector<std::string> listed;
    for (const v1::Model& model : response.models()) {
      listed.push_back(model.name() + "/" + std::to_string(model.version()));
    }
    return listed;
  }

  double Reloads(const std::string& model, const std::string& result) {
    return server_.Metric("avocet_model_reloads_total{model=\"" + model + "\",result=\"" + result +
                          "\"}");
  }

  const TemporaryFolder folder_;
  FakeClock clock_;
  FakeNetwork later_{clock_};  // of what the watcher loads
  Tuner tuner_{{.cache = nullptr, .wall_clock = clock_.clock(), .cost_clock = clock_.clock()}};
  std::atomic<int> loads_ = 0;
  TestServer server_;
};

TEST_F(Reload, ServesANewVersionWhileTheOldOneStillAnswers) {
  ModelWatcher watcher = Watcher();
  server_.network.Hold();
  PendingReply old = server_.Send({Picture(4)});
  server_.network.WaitUntilHeld(1);
  Make("fake/2");
  watcher.Poll();
  EXPECT_EQ(Ask(), 2) << "the other executor answers with the new version";
  EXPECT_THAT(Listed(), ElementsAre("fake/2"));
  server_.network.Release();
  const Reply reply = old.Get();
  EXPECT_EQ(reply.response.version(), 1) << "accepted is accepted";
  EXPECT_EQ(reply.Label(), 4);
  WaitUntil([&] {
    watcher.Poll();
    return server_.network.compiled_plans() == 0;
  });
  EXPECT_EQ(loads_, 1);
  EXPECT_EQ(Reloads("fake", "loaded"), 1);
  EXPECT_EQ(Reloads("fake", "removed"), 1);
  EXPECT_EQ(server_.Metric("avocet_model_load_seconds{model=\"fake\",version=\"1\"}"), -1);
  EXPECT_GE(server_.Metric("avocet_model_load_seconds{model=\"fake\",version=\"2\"}"), 0);
}

TEST_F(Reload, CompilesNothingOnTheExecutors) {
  ModelWatcher watcher = Watcher();
  Make("fake/2");
  watcher.Poll();
  const int compiled = later_.compiled_plans();
  EXPECT_EQ(compiled % 2, 0) << "the same for two executors";
  std::vector<std::string> pictures(32, Picture(5));
  for (int i = 0; i < 4; ++i) EXPECT_EQ(server_.Classify(pictures).Label(31), 5);
  EXPECT_EQ(later_.compiled_plans(), compiled);
  later_.ForgetRuns();
  server_.WaitUntilIdle();
  EXPECT_EQ(server_.Classify(pictures).Label(31), 5);
  EXPECT_EQ(later_.runs().front().batch_size, 8) << "with all the batch sizes";
}

TEST_F(Reload, TakesNothingButTheNewestVersion) {
  ModelWatcher watcher = Watcher();
  for (const char* folder : {"fake/2", "fake/10", "fake/9"}) Make(folder);
  watcher.Poll();
  EXPECT_EQ(Ask(), 10);
  EXPECT_EQ(loads_, 1);
}

TEST_F(Reload, KeepsAllVersionsWhenAskedTo) {
  ModelWatcher watcher = Watcher(VersionPolicy::kAll);
  Make("fake/3");
  watcher.Poll();
  EXPECT_THAT(Listed(), ElementsAre("fake/3", "fake/1"));
  Remove("fake/1");
  watcher.Poll();
  EXPECT_THAT(Listed(), ElementsAre("fake/3"));
}

TEST_F(Reload, ServesOnWhenANewVersionIsBroken) {
  ModelWatcher watcher = Watcher();
  Make("fake/2");
  std::ofstream(folder_.path() + "/fake/2/broken") << "half a copy";
  for (int i = 0; i < 3; ++i) watcher.Poll();
  EXPECT_EQ(loads_, 1) << "tried once";
  EXPECT_EQ(Reloads("fake", "failed"), 1);
  EXPECT_EQ(Ask(), 1);
  EXPECT_EQ(server_.Metric("avocet_model_load_seconds{model=\"fake\",version=\"2\"}"), -1);

  Remove("fake/2/broken");
  watcher.Poll();
  EXPECT_EQ(Ask(), 1) << "it may change further";
  watcher.Poll();
  EXPECT_EQ(Ask(), 2) << "it stands still";
}

TEST_F(Reload, GoesBackToTheNewestVersionThatRemains) {
  ModelWatcher watcher = Watcher();
  Make("fake/2");
  watcher.Poll();
  ASSERT_EQ(Ask(), 2);
  Remove("fake/2");
  watcher.Poll();
  EXPECT_EQ(Ask(), 1);
}

TEST_F(Reload, ServesFromMemoryWhenWhatRemainsIsBroken) {
  ModelWatcher watcher = Watcher();
  Make("fake/2");
  watcher.Poll();
  Remove("fake/2");
  std::ofstream(folder_.path() + "/fake/1/broken") << "";
  watcher.Poll();
  EXPECT_EQ(Ask(), 2);
}

TEST_F(Reload, AddsAndRemovesModels) {
  ModelWatcher watcher = Watcher();
  EXPECT_EQ(CheckHealth(server_.NewChannel(), "other"), std::nullopt);
  Make("other/7");
  watcher.Poll();
  EXPECT_EQ(Ask("other"), 7);
  EXPECT_EQ(Ask(""), 1) << "requests that name no model mean what they meant before";
  EXPECT_EQ(CheckHealth(server_.NewChannel(), "other"), ServingStatus::kServing);
  EXPECT_THAT(Listed(), ElementsAre("fake/1", "other/7"));

  Remove("other");
  watcher.Poll();
  EXPECT_EQ(Ask("other"), 0);
  EXPECT_EQ(CheckHealth(server_.NewChannel(), "other"), ServingStatus::kNotServing);
  EXPECT_THAT(Listed(), ElementsAre("fake/1"));
  WaitUntil([&] {
    watcher.Poll();
    return later_.compiled_plans() == 0;
  });
}

TEST_F(Reload, KeepsTheDefaultModelThatWasAskedFor) {
  ModelWatcher watcher = Watcher(VersionPolicy::kLatest, "fake");
  Make("other/1");
  Remove("fake");
  watcher.Poll();
  EXPECT_THAT(Listed(), ElementsAre("fake/1", "other/1"));
  EXPECT_EQ(Ask(), 1);
}

TEST_F(Reload, ServesFromMemoryWhenTheFolderIsGone) {
  ModelWatcher watcher = Watcher();
  Remove("fake");
  watcher.Poll();
  EXPECT_EQ(Ask(), 1) << "no model is left";
  std::filesystem::remove_all(folder_.path());
  watcher.Poll();
  EXPECT_EQ(Ask(), 1) << "not even a folder is left";
}

TEST_F(Reload, FailsNoRequestHoweverOftenItSwitches) {
  ModelWatcher watcher = Watcher();
  std::atomic<bool> done = false;
  std::atomic<int> answered = 0;
  std::vector<std::thread> callers;
  for (int i = 0; i < 3; ++i) {
    callers.emplace_back([&] {
      for (std::int64_t last = 0; !done; ++answered) {
        const std::int64_t version = Ask();
        EXPECT_GE(version, std::max<std::int64_t>(last, 1));
        last = version;
      }
    });
  }
  for (int version = 2; version <= 12; ++version) {
    Make("fake/" + std::to_string(version));
    watcher.Poll();
    WaitUntil([&, before = answered.load()] { return answered > before + 3; });
  }
  done = true;
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(Ask(), 12);
  EXPECT_EQ(Reloads("fake", "loaded"), 11);
}

TEST(RepeatingThread, CallsUntilItIsDestroyed) {
  std::atomic<int> calls = 0;
  {
    const RepeatingThread thread("test", std::chrono::milliseconds(1), [&] { ++calls; });
    WaitUntil([&] { return calls >= 3; });
  }
  const int before = calls;
  {
    const RepeatingThread thread("test", std::chrono::hours(1), [&] { ++calls; });
  }
  EXPECT_EQ(calls, before) << "it waits first, and its end does not wait";
}

}  // namespace
}  // namespace avocet::testing
