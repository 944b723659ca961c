// The other subcommands, and usage errors, as processes.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/checkpoint/temporary_folder.h"
#include "tests/client/fake_server.h"
#include "tests/client/run_command.h"

namespace avocet {
namespace {

using testing::HasSubstr;

TEST(HealthCommand, TellsByItsStatus) {
  FakeServer server;
  const CommandResult up = RunCommand({"health", "--server", server.address()});
  EXPECT_EQ(up.output, "SERVING\n");
  EXPECT_EQ(up.status, 0);

  server.SetServing("lite0", false);
  const CommandResult down =
      RunCommand({"health", "--server", server.address(), "--service", "lite0"});
  EXPECT_EQ(down.output, "NOT_SERVING\n");
  EXPECT_EQ(down.status, 1);

  const CommandResult unknown =
      RunCommand({"health", "--server", server.address(), "--service", "lite9"});
  EXPECT_EQ(unknown.errors, "avocet: " + server.address() + ": no service \"lite9\"\n");
  EXPECT_EQ(unknown.status, 1);

  const CommandResult unreached = RunCommand({"health", "--server", "localhost:1"});
  EXPECT_THAT(unreached.errors, HasSubstr("cannot reach localhost:1"));
  EXPECT_EQ(unreached.status, 1);
}

// gRPC is still trying to connect when the command ends: a channel that its own thread lets go of
// last then corrupts memory, in about one run of twenty.
TEST(HealthCommand, EndsCleanlyWhileAConnectionIsTried) {
  for (int i = 0; i < 30; ++i) {
    const CommandResult unreached = RunCommand({"health", "--server", "localhost:1"});
    ASSERT_EQ(unreached.status, 1) << unreached.errors;
    ASSERT_THAT(unreached.errors, testing::Not(HasSubstr("AddressSanitizer")));
  }
}

TEST(ModelsCommand, PrintsATableOrJson) {
  const FakeServer server;
  const CommandResult table =
      RunCommand({"models"}, {.environment = {{"AVOCET_SERVER", server.address()}}});
  EXPECT_EQ(
      table.output,
      "MODEL           VERSION  ARCHITECTURE           INPUT    PRECISION  CLASSES  PARAMETERS\n"
      "fake (default)  3        tf_efficientnet_lite0  240x224  bfloat16   1000     4.65 M\n");
  EXPECT_EQ(table.status, 0);

  const CommandResult json = RunCommand({"models", "--json", "--server", server.address()});
  const auto model = nlohmann::json::parse(json.output);
  EXPECT_EQ(model["name"], "fake");
  EXPECT_EQ(model["default"], true);
  EXPECT_EQ(model["precision"], "bfloat16");

  EXPECT_EQ(RunCommand({"models", "--server", "localhost:1"}).status, 3);
}

TEST(LoadCommand, CountsRequestsImagesAndErrors) {
  const FakeServer server;
  const TemporaryFolder folder;
  folder.Write("a.jpg", "cat");
  folder.Write("b.jpg", "bad");
  const CommandResult result =
      RunCommand({"load", folder.path(), "--requests", "40", "--concurrency", "4", "--json",
                  "--server", server.address()});
  EXPECT_EQ(server.calls(), 40);
  const auto report = nlohmann::json::parse(result.output);
  EXPECT_EQ(report["requests"], 40);
  EXPECT_EQ(report["images"], 20);
  EXPECT_EQ(report["errors"]["INVALID_ARGUMENT"], 20);
  EXPECT_EQ(report["server"]["decode"], 2.5);
  EXPECT_GT(report["latency"]["p50"], 0);
  EXPECT_GE(report["latency"]["max"], report["latency"]["p99"]);
  EXPECT_EQ(result.status, 1);
}

TEST(LoadCommand, SendsForADurationAfterAWarmUp) {
  const FakeServer server;
  const TemporaryFolder folder;
  const std::string cat = folder.Write("a.jpg", "cat");
  const CommandResult result = RunCommand({"load", cat, "--duration", "0.2", "--warmup", "0.1",
                                           "--per-request", "3", "--server", server.address()});
  EXPECT_THAT(result.output, HasSubstr("img/s"));
  EXPECT_THAT(result.output, HasSubstr("errors      none"));
  EXPECT_EQ(server.last_request().images_size(), 3);
  EXPECT_EQ(result.status, 0);
}

TEST(LoadCommand, DoesNotRetryRefusals) {
  const FakeServer server([](auto&, const auto&, auto&) {
    return grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED, "queue full");
  });
  const TemporaryFolder folder;
  const std::string cat = folder.Write("a.jpg", "cat");
  const CommandResult result =
      RunCommand({"load", cat, "--requests", "5", "--server", server.address()});
  EXPECT_EQ(server.calls(), 5);
  EXPECT_THAT(result.output, HasSubstr("RESOURCE_EXHAUSTED 5"));
  EXPECT_EQ(result.status, 3);
}

TEST(LoadCommand, EndsWhenTheServerIsDown) {
  const TemporaryFolder folder;
  const std::string cat = folder.Write("a.jpg", "cat");
  const CommandResult result = RunCommand({"load", cat, "--server", "localhost:1"});
  EXPECT_EQ(result.output, "");
  EXPECT_THAT(result.errors, HasSubstr("is avocet-server running?"));
  EXPECT_EQ(result.status, 3);
}

TEST(Usage, HintsAtWhatWasMeant) {
  const auto errors = [](const std::vector<std::string>& arguments) {
    const CommandResult result = RunCommand(arguments);
    EXPECT_EQ(result.status, 2);
    EXPECT_EQ(result.output, "");
    return result.errors;
  };
  EXPECT_EQ(errors({"classify", "--tpo", "3", "x.jpg"}),
            "avocet: unknown option --tpo; did you mean --top?\nSee avocet classify --help.\n");
  EXPECT_EQ(errors({"clasify", "x.jpg"}),
            "avocet: unknown command clasify; did you mean classify?\nSee avocet --help.\n");
  EXPECT_THAT(errors({AVOCET_TEST_DATA "/photos/coffee.jpg"}),
              HasSubstr("did you mean avocet classify"));
  EXPECT_EQ(errors({"classify"}), "avocet: paths is required\nSee avocet classify --help.\n");
  EXPECT_THAT(errors({"classify", "--top", "0", "x.jpg"}), HasSubstr("--top"));
  EXPECT_THAT(errors({"classify", "--server", "localhost", "x.jpg"}), HasSubstr("HOST:PORT"));
  EXPECT_THAT(errors({"classify", "--tls-ca", "/none.pem", "x.jpg"}), HasSubstr("/none.pem"));
  EXPECT_THAT(errors({"load", "x.jpg", "--requests", "1", "--duration", "1"}),
              HasSubstr("--duration"));
  EXPECT_THAT(errors({}), HasSubstr("subcommand"));
}

TEST(Usage, PrintsHelpAndVersionOnStandardOutput) {
  EXPECT_THAT(RunCommand({"--version"}).output, testing::MatchesRegex("avocet [0-9.]+\n"));
  for (const char* command : {"classify", "health", "models", "load"}) {
    const CommandResult help = RunCommand({command, "--help"});
    EXPECT_EQ(help.status, 0);
    EXPECT_THAT(help.output, HasSubstr("--server")) << command;
    EXPECT_EQ(help.errors, "");
  }
}

}  // namespace
}  // namespace avocet
