// What a caller gets for one request: answers, per-image errors, limits, model look-up.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <future>
#include <string>
#include <vector>

#include "tests/server/test_server.h"

namespace avocet::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr auto kNotFound = grpc::StatusCode::NOT_FOUND;
constexpr auto kInvalidArgument = grpc::StatusCode::INVALID_ARGUMENT;

TEST(Classify, AnswersWithTheMostProbableClasses) {
  TestServer server;
  const Reply reply = server.Classify({Picture(7)});
  ASSERT_TRUE(reply.status.ok()) << reply.status.error_message();
  EXPECT_EQ(reply.response.model(), "fake");
  EXPECT_EQ(reply.response.version(), 1);
  ASSERT_EQ(reply.response.results_size(), 1);
  const auto& classes = reply.response.results(0).classification().classes();
  ASSERT_EQ(classes.size(), 5) << "the default of top_k";
  EXPECT_EQ(classes[0].index(), 7);
  EXPECT_EQ(classes[0].label(), "label 7");
  // One logit of 5 among nine of 0.
  EXPECT_NEAR(classes[0].probability(), std::exp(5.0) / (std::exp(5.0) + 9), 1e-6);
  EXPECT_NEAR(classes[1].probability(), 1 / (std::exp(5.0) + 9), 1e-6);
  EXPECT_EQ(classes[1].index(), 0) << "ties go to the lower index";
}

TEST(Classify, KeepsTheOrderOfTheRequest) {
  TestServer server({.executors = 2});
  const Reply reply = server.Classify({Picture(3), Picture(1), Picture(4), Picture(1), Picture(5)});
  ASSERT_TRUE(reply.status.ok());
  std::vector<int> labels;
  for (int i = 0; i < reply.response.results_size(); ++i) labels.push_back(reply.Label(i));
  EXPECT_THAT(labels, ElementsAre(3, 1, 4, 1, 5));
}

TEST(Classify, ReturnsAsManyClassesAsAskedFor) {
  TestServer server;
  v1::ClassifyRequest request = TestServer::Request({Picture(0)});
  request.set_top_k(1);
  EXPECT_EQ(server.Classify(request).response.results(0).classification().classes_size(), 1);
  request.set_top_k(99);
  EXPECT_EQ(server.Classify(request).response.results(0).classification().classes_size(),
            FakeNetwork::kClasses)
      << "cut to what the network has";
}

TEST(Classify, ReportsWhereTheTimeWent) {
  TestServer server;
  server.network.SetCost([](int) { return std::chrono::milliseconds(1250); });
  const Reply reply = server.Classify({Picture(0)});
  const v1::StageTimings& timings = reply.response.results(0).timings();
  EXPECT_EQ(timings.inference().seconds(), 1);
  EXPECT_EQ(timings.inference().nanos(), 250'000'000);
  EXPECT_TRUE(timings.has_queue() && timings.has_decode() && timings.has_preprocess());
  EXPECT_EQ(timings.batch_size(), 1);
}

TEST(Classify, FailsACorruptImageAlone) {
  TestServer server;
  const Reply reply = server.Classify({Picture(2), "not an image", Picture(8), "", Picture(9)});
  ASSERT_TRUE(reply.status.ok()) << reply.status.error_message();
  EXPECT_EQ(reply.Label(0), 2);
  EXPECT_EQ(reply.Label(2), 8);
  EXPECT_EQ(reply.Label(4), 9);
  for (const int broken : {1, 3}) {
    const v1::ImageResult& result = reply.response.results(broken);
    EXPECT_EQ(result.error().code(), kInvalidArgument);
    EXPECT_NE(result.error().message(), "");
  }
}

TEST(Classify, DoesNotRunTheNetworkForCorruptImagesOnly) {
  TestServer server;
  EXPECT_TRUE(server.Classify({"x", "y"}).response.results(1).has_error());
  EXPECT_TRUE(server.network.runs().empty());
}

TEST(Classify, RefusesImagesWithTooManyPixelsOneByOne) {
  TestServer server({.decode = {.max_pixels = FakeNetwork::kSide * FakeNetwork::kSide - 1}});
  const Reply reply = server.Classify({Picture(0)});
  ASSERT_TRUE(reply.status.ok());
  EXPECT_EQ(reply.response.results(0).error().code(), kInvalidArgument);
  EXPECT_THAT(reply.response.results(0).error().message(), HasSubstr("pixels"));
}

TEST(Classify, SaysSoWhenTheNetworkAnswersNonsense) {
  TestServer server;
  server.network.answers_nan = true;
  const Reply reply = server.Classify({Picture(0)});
  EXPECT_EQ(reply.response.results(0).error().code(), grpc::StatusCode::INTERNAL);
}

TEST(Limits, RefuseARequestWithoutImages) {
  TestServer server;
  const Reply reply = server.Classify(std::vector<std::string>());
  EXPECT_EQ(reply.status.error_code(), kInvalidArgument);
  EXPECT_THAT(reply.status.error_message(), HasSubstr("at least one image"));
}

TEST(Limits, RefuseTooManyImages) {
  TestServer server({.limits = {.max_images = 2}});
  EXPECT_TRUE(server.Classify({Picture(0), Picture(0)}).status.ok());
  const Reply reply = server.Classify({Picture(0), Picture(0), Picture(0)});
  EXPECT_EQ(reply.status.error_code(), kInvalidArgument);
  EXPECT_THAT(reply.status.error_message(), HasSubstr("at most 2 images a request, found 3"));
}

TEST(Limits, RefuseTooManyBytesInAnImage) {
  const std::string picture = Picture(0);
  TestServer server({.limits = {.max_image_bytes = picture.size()}});
  EXPECT_TRUE(server.Classify({picture}).status.ok());
  const Reply reply = server.Classify({picture, picture + "x"});
  EXPECT_EQ(reply.status.error_code(), kInvalidArgument);
  EXPECT_EQ(reply.status.error_message(), "images[1]: expected at most 246 bytes, found 247");
  EXPECT_EQ(server.network.runs().size(), 1u);
}

TEST(Limits, RefuseANegativeTopK) {
  TestServer server;
  v1::ClassifyRequest request = TestServer::Request({Picture(0)});
  request.set_top_k(-1);
  const Reply reply = server.Classify(request);
  EXPECT_EQ(reply.status.error_code(), kInvalidArgument);
  EXPECT_THAT(reply.status.error_message(), HasSubstr("top_k"));
}

TEST(Limits, RefuseAMessageBeyondTheLimitAndTakeOneBeyondGrpcsOwnDefault) {
  TestServer server({.limits = {.max_image_bytes = 64 << 20},
                     .grpc = {.address = "127.0.0.1", .port = 0, .max_message_bytes = 8 << 20}});
  const Reply taken = server.Classify({std::string(5 << 20, 'x')});
  EXPECT_TRUE(taken.status.ok()) << taken.status.error_message();
  const Reply refused = server.Classify({std::string(9 << 20, 'x')});
  EXPECT_EQ(refused.status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(refused.status.error_message(), HasSubstr("larger than max"));
}

TEST(Models, AreFoundByNameAndVersion) {
  TestServer server({.models = {{"a", 1}, {"a", 3}, {"b", 2}}, .default_model = "b"});
  const auto answered_by = [&](const std::string& name, std::int64_t version) {
    v1::ClassifyRequest request = TestServer::Request({Picture(0)});
    request.set_model(name);
    request.set_version(version);
    const Reply reply = server.Classify(request);
    return reply.status.ok()
               ? reply.response.model() + "/" + std::to_string(reply.response.version())
               : reply.status.error_message();
  };
  EXPECT_EQ(answered_by("", 0), "b/2");
  EXPECT_EQ(answered_by("a", 0), "a/3");
  EXPECT_EQ(answered_by("a", 1), "a/1");
  EXPECT_EQ(answered_by("c", 0), "no model \"c\"; this server has a, b");
  EXPECT_EQ(answered_by("a", 2), "model \"a\" has no version 2; loaded: 3, 1");
}

TEST(Models, UnknownOnesAreNotFound) {
  TestServer server;
  v1::ClassifyRequest request = TestServer::Request({Picture(0)});
  request.set_model("other");
  EXPECT_EQ(server.Classify(request).status.error_code(), kNotFound);
  request.set_model("fake");
  request.set_version(9);
  EXPECT_EQ(server.Classify(request).status.error_code(), kNotFound);
}

TEST(Models, MustBeNamedWhereNoneIsTheDefault) {
  TestServer server({.models = {{"a", 1}, {"b", 1}}});
  const Reply reply = server.Classify({Picture(0)});
  EXPECT_EQ(reply.status.error_code(), kInvalidArgument);
  EXPECT_THAT(reply.status.error_message(), AllOf(HasSubstr("default"), HasSubstr("a, b")));
}

TEST(Models, AreListedByNameNewestVersionFirst) {
  TestServer server({.models = {{"b", 2}, {"a", 1}, {"a", 3}}, .default_model = "a"});
  grpc::ClientContext context;
  v1::ListModelsResponse response;
  ASSERT_TRUE(server.stub().ListModels(&context, {}, &response).ok());
  std::vector<std::string> listed;
  for (const v1::Model& model : response.models()) {
    listed.push_back(model.name() + "/" + std::to_string(model.version()) +
                     (model.is_default() ? " default" : ""));
  }
  EXPECT_THAT(listed, ElementsAre("a/3 default", "a/1", "b/2"));
}

TEST(Models, AreDescribed) {
  TestServer server;
  grpc::ClientContext context;
  v1::Model model;
  ASSERT_TRUE(server.stub().GetModel(&context, {}, &model).ok());
  EXPECT_EQ(model.name(), "fake");
  EXPECT_EQ(model.version(), 1);
  EXPECT_EQ(model.architecture(), "fake");
  EXPECT_EQ(model.input_height(), FakeNetwork::kSide);
  EXPECT_EQ(model.input_width(), FakeNetwork::kSide);
  EXPECT_EQ(model.num_classes(), FakeNetwork::kClasses);
  ASSERT_EQ(model.label_names_size(), FakeNetwork::kClasses);
  EXPECT_EQ(model.label_names(4), "label 4");
  EXPECT_EQ(model.parameter_count(), 42);
  EXPECT_TRUE(model.is_default());
  EXPECT_EQ(model.precision(), "float32");

  grpc::ClientContext unknown_context;
  v1::GetModelRequest unknown;
  unknown.set_model("other");
  EXPECT_EQ(server.stub().GetModel(&unknown_context, unknown, &model).error_code(), kNotFound);
}

TEST(Models, ThatComeLaterAreAnsweredAndThoseThatGoAreFreed) {
  TestServer server;
  ASSERT_EQ(server.Classify({Picture(1)}).response.version(), 1);
  auto table = ModelTable::Create({server.network.Model("fake", 2)}, "", server.metrics);
  ASSERT_TRUE(table.ok());
  server.registry->Replace(*std::move(table));
  const Reply reply = server.Classify({Picture(6), Picture(7)});
  EXPECT_EQ(reply.response.version(), 2);
  EXPECT_EQ(reply.Label(0), 6);
  EXPECT_EQ(reply.Label(1), 7);
  WaitUntil([&] {  // until one plan for single images is left
    server.queue->Interrupt();
    return server.network.compiled_plans() == 1;
  });
}

}  // namespace
}  // namespace avocet::testing
