#include "engine/train/report/metrics_port.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/server/scrape.h"
#include "tests/train/report/sample_run.h"

namespace avocet {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(MetricsPort, TellsHowTheRunGoes) {
  auto port = MetricsPort::Start("127.0.0.1", 0);
  ASSERT_TRUE(port.ok()) << port.status();
  EXPECT_GT((*port)->port(), 0);
  PlayRun(**port, 0, 50);
  EXPECT_THAT(
      HttpGet((*port)->port(), "/metrics"),
      AllOf(HasSubstr("200 OK"), HasSubstr("\navocet_train_step 50\n"),
            HasSubstr("\navocet_train_steps 100\n"),
            HasSubstr("\navocet_train_images_total 1600\n"), HasSubstr("\navocet_train_epoch 2\n"),
            HasSubstr("avocet_train_info{architecture=\"tf_efficientnet_lite0\""),
            HasSubstr("\navocet_train_validation_top1 0.")));
}

TEST(MetricsPort, SaysWhichPortCannotBeHad) {
  const auto first = MetricsPort::Start("127.0.0.1", 0);
  ASSERT_TRUE(first.ok());
  const auto second = MetricsPort::Start("127.0.0.1", (*first)->port());
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(second.status().message()),
              HasSubstr("127.0.0.1:" + std::to_string((*first)->port())));
}

}  // namespace
}  // namespace avocet
