#include "server/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

namespace avocet {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

struct Parsed {
  std::optional<ServerOptions> options;
  std::string out;
  std::string err;
  int exit_code = -1;
};

Parsed Parse(std::vector<const char*> flags) {
  flags.insert(flags.begin(), "avocet-server");
  std::ostringstream out;
  std::ostringstream err;
  Parsed parsed;
  parsed.options =
      ParseOptions(static_cast<int>(flags.size()), flags.data(), out, err, parsed.exit_code);
  parsed.out = out.str();
  parsed.err = err.str();
  return parsed;
}

TEST(Options, HaveTheDocumentedDefaults) {
  const Parsed parsed = Parse({"--models", "m"});
  ASSERT_TRUE(parsed.options) << parsed.err;
  const ServerOptions& options = *parsed.options;
  EXPECT_EQ(options.models, "m");
  EXPECT_EQ(options.versions, VersionPolicy::kLatest);
  EXPECT_EQ(options.poll_interval.count(), 5000);
  EXPECT_EQ(options.grpc.address, "0.0.0.0");
  EXPECT_EQ(options.grpc.port, 50051);
  EXPECT_EQ(options.metrics_port, 8080);
  EXPECT_EQ(options.grpc.max_message_bytes, 64 << 20);
  EXPECT_EQ(options.limits.max_image_bytes, 16u << 20);
  EXPECT_EQ(options.max_image_pixels, 64'000'000);
  EXPECT_EQ(options.limits.max_images, 64);
  EXPECT_EQ(options.plans.max_batch_size, 8);
  EXPECT_TRUE(options.plans.batch_sizes.empty());
  EXPECT_EQ(options.plans.lone_image, LoneImage::kMeasured);
  EXPECT_EQ(options.precision.For("any"), std::nullopt);
  EXPECT_EQ(options.tuning_cache, std::nullopt);
  EXPECT_EQ(options.limits.max_size, 1024);
  EXPECT_EQ(options.size_variants, 4);
  EXPECT_EQ(options.queue_capacity, 256);
  EXPECT_EQ(options.executors, 0);
  EXPECT_TRUE(options.apply_exif_orientation);
  EXPECT_TRUE(options.grpc.reflection);
  EXPECT_EQ(options.drain.delay.count(), 0);
  EXPECT_EQ(options.drain.timeout.count(), 30'000);
}

TEST(Options, AreTakenFromTheCommandLine) {
  const Parsed parsed = Parse({"--models=m",
                               "--default-model=d",
                               "--versions=all",
                               "--poll-interval=0.25",
                               "--address=::1",
                               "--port=0",
                               "--metrics-port=0",
                               "--max-message-bytes=2048",
                               "--max-image-bytes=1000",
                               "--max-image-pixels=99",
                               "--max-images-per-request=3",
                               "--max-batch-size=4",
                               "--batch-sizes=1,2,6",
                               "--lone-image=wide",
                               "--precision=bfloat16",
                               "--precision=d=int8",
                               "--tuning-cache=t",
                               "--max-size=0",
                               "--size-variants=9",
                               "--queue-capacity=5",
                               "--executors=6",
                               "--ignore-exif-orientation",
                               "--tls-cert=c",
                               "--tls-key=k",
                               "--tls-client-ca=a",
                               "--drain-delay=1.5",
                               "--drain-timeout=2",
                               "--no-reflection",
                               "--log-level=debug"});
  ASSERT_TRUE(parsed.options) << parsed.err;
  const ServerOptions& options = *parsed.options;
  EXPECT_EQ(options.default_model, "d");
  EXPECT_EQ(options.versions, VersionPolicy::kAll);
  EXPECT_EQ(options.poll_interval.count(), 250);
  EXPECT_EQ(options.grpc.address, "::1");
  EXPECT_EQ(options.grpc.port, 0);
  EXPECT_EQ(options.metrics_port, 0);
  EXPECT_EQ(options.grpc.max_message_bytes, 2048);
  EXPECT_EQ(options.limits.max_image_bytes, 1000u);
  EXPECT_EQ(options.max_image_pixels, 99);
  EXPECT_EQ(options.limits.max_images, 3);
  EXPECT_EQ(options.plans.max_batch_size, 4);
  EXPECT_EQ(options.plans.batch_sizes, (std::vector<int>{1, 2, 6}));
  EXPECT_EQ(options.plans.lone_image, LoneImage::kWide);
  EXPECT_EQ(options.precision.For("any"), Precision::kBFloat16);
  EXPECT_EQ(options.precision.For("d"), Precision::kInt8);
  EXPECT_EQ(options.tuning_cache, "t");
  EXPECT_EQ(options.limits.max_size, 0);
  EXPECT_EQ(options.size_variants, 9);
  EXPECT_EQ(options.queue_capacity, 5);
  EXPECT_EQ(options.executors, 6);
  EXPECT_FALSE(options.apply_exif_orientation);
  EXPECT_EQ(options.grpc.tls.certificate, "c");
  EXPECT_EQ(options.grpc.tls.key, "k");
  EXPECT_EQ(options.grpc.tls.client_ca, "a");
  EXPECT_EQ(options.drain.delay.count(), 1500);
  EXPECT_EQ(options.drain.timeout.count(), 2000);
  EXPECT_FALSE(options.grpc.reflection);
  EXPECT_EQ(options.log_level, "debug");
}

TEST(Options, SwitchTheTuningCacheOff) {
  EXPECT_EQ(Parse({"--models=m", "--tuning-cache=off"}).options->tuning_cache, "");
}

TEST(Options, SwitchMetricsOff) {
  EXPECT_EQ(Parse({"--models=m", "--no-metrics"}).options->metrics_port, std::nullopt);
  EXPECT_EQ(Parse({"--models=m", "--metrics-port=-1"}).options->metrics_port, std::nullopt);
}

TEST(Options, PrintHelpAndVersion) {
  const Parsed help = Parse({"--help"});
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_THAT(help.out, AllOf(HasSubstr("--models"), HasSubstr("--drain-timeout")));
  const Parsed version = Parse({"--version"});
  EXPECT_EQ(version.exit_code, 0);
  EXPECT_THAT(version.out, HasSubstr("avocet-server " AVOCET_TEST_VERSION));
}

struct WrongUsage {
  const char* name;
  std::vector<const char*> flags;
  const char* flag;      // that the message names
  const char* expected;  // part of what it says
};

class WrongOptions : public ::testing::TestWithParam<WrongUsage> {};

TEST_P(WrongOptions, AreExplained) {
  const Parsed parsed = Parse(GetParam().flags);
  EXPECT_FALSE(parsed.options);
  EXPECT_EQ(parsed.exit_code, 2);
  EXPECT_THAT(parsed.err, AllOf(HasSubstr(GetParam().flag), HasSubstr(GetParam().expected)));
}

INSTANTIATE_TEST_SUITE_P(
    All, WrongOptions,
    ::testing::Values(
        WrongUsage{"NoModels", {}, "--models", "required"},
        WrongUsage{"UnknownFlag", {"--models=m", "--what"}, "--what", "not expected"},
        WrongUsage{"PortTooLarge", {"--models=m", "--port=65536"}, "--port", "65535"},
        WrongUsage{"PortNoNumber", {"--models=m", "--port=http"}, "--port", "http"},
        WrongUsage{
            "MetricsPort", {"--models=m", "--metrics-port=70000"}, "--metrics-port", "65535"},
        WrongUsage{"Versions", {"--models=m", "--versions=old"}, "--versions", "latest"},
        WrongUsage{"BatchSize", {"--models=m", "--max-batch-size=0"}, "--max-batch-size", "1"},
        WrongUsage{"Precision", {"--models=m", "--precision=half"}, "--precision", "bfloat16"},
        WrongUsage{"PrecisionOfAModel", {"--models=m", "--precision=m=x"}, "--precision", "m=x"},
        WrongUsage{"BatchSizes", {"--models=m", "--batch-sizes=1,65"}, "--batch-sizes", "64"},
        WrongUsage{"LoneImage", {"--models=m", "--lone-image=all"}, "--lone-image", "single"},
        WrongUsage{"MaxSize", {"--models=m", "--max-size=1025"}, "--max-size", "1024"},
        WrongUsage{"Executors", {"--models=m", "--executors=-1"}, "--executors", "1024"},
        WrongUsage{
            "MessageBytes", {"--models=m", "--max-message-bytes=3"}, "--max-message-bytes", "1024"},
        WrongUsage{"ImageBytes", {"--models=m", "--max-image-bytes=0"}, "--max-image-bytes", "1"},
        WrongUsage{"Pixels", {"--models=m", "--max-image-pixels=0"}, "--max-image-pixels", "1"},
        WrongUsage{"Images",
                   {"--models=m", "--max-images-per-request=0"},
                   "--max-images-per-request",
                   "1"},
        WrongUsage{"Queue",
                   {"--models=m", "--queue-capacity=63"},
                   "--queue-capacity",
                   "--max-images-per-request (64)"},
        WrongUsage{"CertWithoutKey", {"--models=m", "--tls-cert=c"}, "--tls-cert", "--tls-key"},
        WrongUsage{"KeyWithoutCert", {"--models=m", "--tls-key=k"}, "--tls-key", "--tls-cert"},
        WrongUsage{
            "ClientCaAlone", {"--models=m", "--tls-client-ca=a"}, "--tls-client-ca", "--tls-cert"},
        WrongUsage{"DrainDelay", {"--models=m", "--drain-delay=-1"}, "--drain-delay", "3600"},
        WrongUsage{"DrainTimeout", {"--models=m", "--drain-timeout=x"}, "--drain-timeout", "x"},
        WrongUsage{"LogLevel", {"--models=m", "--log-level=loud"}, "--log-level", "info"}),
    [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace avocet
