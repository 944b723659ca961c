// SIGTERM to avocet-server while it works.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstddef>
#include <future>
#include <optional>
#include <regex>
#include <string>
#include <vector>

#include "engine/base/check.h"
#include "proto/classifier.grpc.pb.h"
#include "tests/checkpoint/temporary_folder.h"
#include "tests/server/lite_network.h"
#include "tests/server/scrape.h"
#include "tests/server/test_server.h"

namespace avocet::testing {
namespace {

using ::testing::HasSubstr;

// A running avocet-server, which ends with this object at the latest.
class ServerProgram {
 public:
  explicit ServerProgram(std::vector<std::string> words) {
    words.insert(words.begin(), AVOCET_SERVER_PROGRAM);
    std::vector<char*> arguments;
    arguments.reserve(words.size() + 1);
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const std::string log = folder_.Write("log", "");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, log.c_str(), O_WRONLY | O_APPEND, 0);
    AVOCET_CHECK(posix_spawn(&process_, AVOCET_SERVER_PROGRAM, &actions, nullptr, arguments.data(),
                             environ) == 0);
    posix_spawn_file_actions_destroy(&actions);
  }
  ServerProgram(const ServerProgram&) = delete;
  ServerProgram& operator=(const ServerProgram&) = delete;
  ~ServerProgram() {
    Send(SIGKILL);
    Wait();
  }

  std::string log() const { return folder_.Read("log"); }

  // The number that `pattern` captures in the log, once it is there; -1 when the program has ended.
  int NumberInLog(const std::string& pattern) {
    std::smatch match;
    std::string text;
    WaitUntil([&] {
      const bool ended = HasEnded();
      text = log();
      return std::regex_search(text, match, std::regex(pattern)) || ended;
    });
    return match.empty() ? -1 : std::stoi(match[1]);
  }

  bool HasEnded() { return Collect(WNOHANG); }
  void Send(int signal) {
    if (!HasEnded()) kill(process_, signal);
  }
  // Waits for the end. The exit status, as a shell reports it.
  int Wait() {
    Collect(0);
    return WIFEXITED(*status_) ? WEXITSTATUS(*status_) : 128 + WTERMSIG(*status_);
  }

 private:
  bool Collect(int options) {
    int status = 0;
    if (!status_ && waitpid(process_, &status, options) == process_) status_ = status;
    return status_.has_value();
  }

  const TemporaryFolder folder_;
  pid_t process_ = 0;
  std::optional<int> status_;  // once it has ended
};

TEST(ProgramDrain, AnswersWhatItAcceptedAndExitsWithZero) {
  constexpr std::size_t kRequests = 8;
  constexpr std::size_t kImages = 12;  // of each: on one executor they take the program a while
  const std::vector<std::string> photos = Photographs();
  const TemporaryFolder models;
  const LiteNetwork network;
  network.WriteFolder(models.path());
  std::vector<std::vector<float>> expected;
  expected.reserve(photos.size());
  for (const std::string& photo : photos) expected.push_back(network.Probabilities(photo));
  // Nothing is measured, and nothing of the user's is written.
  ServerProgram program({"--models",       models.path(), "--precision",     "float32",
                         "--executors",    "1",           "--batch-sizes",   "1",
                         "--lone-image",   "single",      "--tuning-cache",  "off",
                         "--address",      "127.0.0.1",   "--port",          "0",
                         "--metrics-port", "0",           "--drain-timeout", "300"});
  const int metrics_port = program.NumberInLog("metrics on port ([0-9]+),");
  const int port = program.NumberInLog("models on port ([0-9]+),");
  ASSERT_GT(port, 0) << program.log();

  v1::ClassifyRequest request;
  for (std::size_t i = 0; i < kImages; ++i) request.add_images(photos[i % photos.size()]);
  request.set_top_k(LiteNetwork::kClasses);
  const auto stub = v1::Classifier::NewStub(
      grpc::CreateChannel("127.0.0.1:" + std::to_string(port), grpc::InsecureChannelCredentials()));
  std::vector<std::future<Reply>> replies;
  for (std::size_t i = 0; i < kRequests; ++i) {
    replies.push_back(std::async(std::launch::async, [&] {
      grpc::ClientContext context;
      Reply reply;
      reply.status = stub->Classify(&context, request, &reply.response);
      return reply;
    }));
  }
  std::string scraped;
  WaitUntil([&] {
    scraped = HttpGet(metrics_port, "/metrics");
    // The depth is sampled last, so no image counts twice, and all are accepted.
    const double taken =
        SeriesIn(scraped, "avocet_stage_duration_seconds_count{model=\"lite\",stage=\"queue\"}");
    const double waiting = SeriesIn(scraped, "avocet_queue_depth");
    return taken + waiting == kRequests * kImages || program.HasEnded();
  });
  EXPECT_GT(SeriesIn(scraped, "avocet_requests_in_flight"), 0) << "there is nothing to drain";

  program.Send(SIGTERM);
  for (std::future<Reply>& pending : replies) {
    const Reply reply = pending.get();
    ASSERT_TRUE(reply.status.ok()) << reply.status.error_message();
    ASSERT_EQ(reply.response.results_size(), static_cast<int>(kImages));
    for (std::size_t i = 0; i < kImages; ++i) {
      EXPECT_TRUE(LiteNetwork::Agrees(reply.response.results(static_cast<int>(i)),
                                      expected[i % photos.size()]));
    }
  }
  EXPECT_EQ(program.Wait(), 0) << program.log();
  EXPECT_THAT(program.log(), HasSubstr("everything is answered; good bye"));
}

}  // namespace
}  // namespace avocet::testing
