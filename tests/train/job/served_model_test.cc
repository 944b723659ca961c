// From pictures to an answer: what avocet-train publishes, a server that runs answers with.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/image/encode.h"
#include "server/model_loader.h"
#include "server/model_watcher.h"
#include "tests/server/test_server.h"
#include "tests/train/job/digit_files.h"
#include "tests/train/job/train_command_fixture.h"

namespace avocet {
namespace {

constexpr int kClasses = 3;

class ServedModelTest : public TrainCommandTest {
 protected:
  void Publish(const std::string& run, const std::string& epochs) {
    ASSERT_EQ(Run(Arguments(run, {"--epochs", epochs, "--checkpoint-minutes", "0", "--ema-decay",
                                  "0", "--publish", RunDir("models") + "/digits"})),
              0)
        << ReadFile(log());
  }
};

TEST_F(ServedModelTest, AnswersWithWhatWasTrained) {
  Publish("first", "1");
  testing::TestServer server;
  Tuner tuner({});
  ModelWatcher watcher(
      {.models = RunDir("models"),
       .plans = {.max_batch_size = 2},
       .load = MakeModelLoader({}, tuner),
       .set_serving = [&](const std::string& name,
                          bool serving) { server.server->SetModelServing(name, serving); }},
      server.environment(), tuner);
  std::vector<std::string> pictures;
  for (int label = 0; label < kClasses; ++label) {
    pictures.push_back(*EncodePng(DigitPicture(label, kClasses)));
  }
  v1::ClassifyRequest request = testing::TestServer::Request(pictures);
  request.set_model("digits");
  watcher.Poll();
  EXPECT_EQ(server.Classify(request).response.version(), 1);

  Publish("second", "15");
  watcher.Poll();
  const testing::Reply reply = server.Classify(request);
  ASSERT_TRUE(reply.status.ok()) << reply.status.error_message();
  EXPECT_EQ(reply.response.version(), 2);
  ASSERT_EQ(reply.response.results_size(), kClasses);
  for (int label = 0; label < kClasses; ++label) {
    EXPECT_EQ(reply.Label(label), label);
    EXPECT_EQ(reply.response.results(label).classification().classes(0).label(),
              std::to_string(label));
  }
}

}  // namespace
}  // namespace avocet
