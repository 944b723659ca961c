// Names, labels and exact values of what the server counts.
#include "server/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "server/metrics_endpoint.h"
#include "tests/server/scrape.h"
#include "tests/server/test_server.h"

namespace avocet::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Metrics, EqualTheTrafficExactly) {
  TestServer server({.executors = 2, .queue_capacity = 100});
  const std::string picture = Picture(1);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(server.Classify({picture}).status.ok());
  ASSERT_TRUE(server.Classify({picture, "corrupt", picture}).status.ok());
  v1::ClassifyRequest request = TestServer::Request({picture});
  request.set_top_k(-1);
  ASSERT_FALSE(server.Classify(request).status.ok());
  request.set_top_k(0);
  request.set_model("name from outside");
  ASSERT_FALSE(server.Classify(request).status.ok());
  request.set_model("fake");
  request.set_version(5);
  ASSERT_FALSE(server.Classify(request).status.ok());

  const auto fake = [&](const std::string& name) {
    return server.Metric(name + "{model=\"fake\"}");
  };
  const auto by_code = [&](const std::string& name, const std::string& code,
                           const std::string& model) {
    return server.Metric(name + "{code=\"" + code + "\",model=\"" + model + "\"}");
  };
  EXPECT_EQ(by_code("avocet_requests_total", "OK", "fake"), 4);
  EXPECT_EQ(by_code("avocet_requests_total", "INVALID_ARGUMENT", "fake"), 1);
  EXPECT_EQ(by_code("avocet_requests_total", "RESOURCE_EXHAUSTED", "fake"), 0);
  EXPECT_EQ(by_code("avocet_requests_total", "NOT_FOUND", "unknown"), 2);
  EXPECT_EQ(by_code("avocet_images_total", "OK", "fake"), 5);
  EXPECT_EQ(by_code("avocet_images_total", "INVALID_ARGUMENT", "fake"), 1);
  EXPECT_EQ(fake("avocet_image_bytes_total"), 5 * static_cast<double>(picture.size()) + 7);
  EXPECT_EQ(fake("avocet_request_duration_seconds_count"), 5);
  const auto stage = [&](const std::string& name) {
    return server.Metric("avocet_stage_duration_seconds_count{model=\"fake\",stage=\"" + name +
                         "\"}");
  };
  EXPECT_EQ(stage("queue"), 6);
  EXPECT_EQ(stage("decode"), 6);
  EXPECT_EQ(stage("preprocess"), 5);
  EXPECT_EQ(stage("inference"), 5);
  EXPECT_EQ(fake("avocet_batch_size_sum"), 5);
  EXPECT_EQ(fake("avocet_batch_size_count"), static_cast<double>(server.network.runs().size()));
  EXPECT_EQ(server.Metric("avocet_requests_in_flight"), 0);
  EXPECT_EQ(server.Metric("avocet_queue_capacity"), 100);
  EXPECT_EQ(server.Metric("avocet_executors"), 2);
  EXPECT_EQ(server.Metric("avocet_dropped_images_total{reason=\"expired\"}"), 0);
  EXPECT_EQ(server.Metric("avocet_dropped_images_total{reason=\"cancelled\"}"), 0);
  EXPECT_THAT(server.metrics.Text(), Not(HasSubstr("name from outside")));
}

TEST(Metrics, ShowWhatIsGoingOn) {
  TestServer server;
  server.network.Hold();
  PendingReply running = server.Send({Picture(0)});
  server.network.WaitUntilHeld(1);
  PendingReply waiting = server.Send({Picture(0), Picture(0)});
  server.WaitForDepth(2);
  EXPECT_EQ(server.Metric("avocet_requests_in_flight"), 2);
  EXPECT_EQ(server.Metric("avocet_queue_depth"), 2);
  EXPECT_EQ(server.Metric("avocet_executors_busy"), 1);
  server.network.Release();
  EXPECT_TRUE(running.Get().status.ok());
  EXPECT_TRUE(waiting.Get().status.ok());
  server.WaitUntilIdle();
  EXPECT_EQ(server.Metric("avocet_executors_busy"), 0);
}

TEST(Metrics, MeasureStagesInSeconds) {
  TestServer server;
  server.network.SetCost([](int) { return std::chrono::milliseconds(500); });
  ASSERT_TRUE(server.Classify({Picture(0)}).status.ok());
  EXPECT_EQ(server.Metric("avocet_stage_duration_seconds_sum{model=\"fake\",stage=\"inference\"}"),
            0.5);
  EXPECT_EQ(server.Metric("avocet_request_duration_seconds_sum{model=\"fake\"}"), 0.5);
}

TEST(Metrics, HaveThirtyThreeBucketsFrom250MicrosecondsOn) {
  Metrics metrics;
  metrics.ForModel("m");
  const std::string text = metrics.Text();
  const std::string series = "avocet_request_duration_seconds_bucket{model=\"m\",le=\"";
  size_t buckets = 0;
  for (size_t at = text.find(series); at != std::string::npos; at = text.find(series, at + 1)) {
    ++buckets;
  }
  EXPECT_EQ(buckets, 34u) << "with +Inf";
  EXPECT_THAT(text, HasSubstr(series + "0.00025\""));
  EXPECT_THAT(text, HasSubstr(series + "0.0005\""));
  EXPECT_THAT(text, HasSubstr(series + "16.384\""));
}

TEST(Metrics, TellLoadTimeAndBuild) {
  Metrics metrics;
  metrics.SetModelLoadSeconds("m", 3, 0.25);
  const std::string text = metrics.Text();
  EXPECT_THAT(text, HasSubstr("avocet_model_load_seconds{model=\"m\",version=\"3\"} 0.25"));
  EXPECT_THAT(text, HasSubstr("avocet_build_info{"));
  EXPECT_THAT(text, HasSubstr("version=\"" AVOCET_TEST_VERSION "\""));
}

TEST(Metrics, IncludeTheProcess) {
  Metrics metrics;
  const std::string text = metrics.Text();
  for (const char* name : {"process_cpu_seconds_total", "process_resident_memory_bytes",
                           "process_virtual_memory_bytes", "process_open_fds", "process_max_fds",
                           "process_threads", "process_start_time_seconds"}) {
    EXPECT_THAT(text, HasSubstr(std::string("\n") + name + " "));
    EXPECT_THAT(text, Not(HasSubstr(std::string("\n") + name + " 0\n")));
  }
}

TEST(MetricsEndpoint, ServesTheTextFormat) {
  TestServer server;
  ASSERT_TRUE(server.Classify({Picture(0)}).status.ok());
  const auto endpoint = MetricsEndpoint::Start("127.0.0.1", 0, server.metrics);
  ASSERT_TRUE(endpoint.ok()) << endpoint.status();
  const std::string answer = HttpGet((*endpoint)->port(), "/metrics");
  EXPECT_THAT(answer, HasSubstr("200 OK"));
  EXPECT_THAT(answer, HasSubstr("avocet_requests_total{code=\"OK\",model=\"fake\"} 1"));
  EXPECT_THAT(answer, HasSubstr("avocet_queue_depth 0"));
  EXPECT_THAT(answer, HasSubstr("process_open_fds"));
  EXPECT_THAT(HttpGet((*endpoint)->port(), "/other"), HasSubstr("404"));
}

}  // namespace
}  // namespace avocet::testing
