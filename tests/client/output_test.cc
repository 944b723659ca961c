// The pieces that lay out what the command prints.
#include <chrono>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "client/command/image_paths.h"
#include "client/command/load_generator.h"
#include "client/command/progress.h"
#include "client/command/result_printer.h"
#include "client/command/terminal.h"
#include "client/command/usage_error.h"

namespace avocet {
namespace {

using std::chrono::duration;

constexpr Terminal kUtf8 = {.interactive = true, .color = false, .utf8 = true, .width = 60};
constexpr Terminal kAscii = {.interactive = true, .color = false, .utf8 = false, .width = 60};

TEST(Fit, CutsBetweenCodePointsAndFillsUp) {
  EXPECT_EQ(Fit("äöü", 5, kUtf8), "äöü  ");
  EXPECT_EQ(Fit("äöüß", 3, kUtf8), "äö…");
  EXPECT_EQ(Fit("abcdef", 5, kAscii), "ab...");
}

TEST(Printable, ReplacesControlCharactersOnly) {
  EXPECT_EQ(Printable("a\x1b[31m\tb\x7f é"), "a?[31m?b? é");
}

TEST(FormatProgress, ShowsCountRateAndTimeLeft) {
  Terminal wide = kAscii;
  wide.width = 200;
  EXPECT_EQ(FormatProgress(50, 0, 200, duration<double>(5), wide),
            "[#######-----------------------] 50/200  10.0 img/s  ETA 0:15");
  EXPECT_EQ(FormatProgress(1, 1, 36001, duration<double>(1), kUtf8),
            "[░░░░░░░░░░░░░░] 1/36001  1.0 img/s  ETA 10:00:00  1 failed");
}

TEST(FormatProgress, StaysWithinTheTerminal) {
  for (int width = 1; width < 120; ++width) {
    const Terminal terminal = {.interactive = true, .color = false, .utf8 = true, .width = width};
    EXPECT_LT(DisplayWidth(FormatProgress(5, 1, 1000, duration<double>(3), terminal)),
              std::max(2, width));
  }
}

TEST(FormatResult, ReplacesWhatIsNotUtf8InJson) {
  const FileResult result = {
      .path = "\xff.jpg", .status = absl::NotFoundError("none"), .outcome = {}};
  EXPECT_EQ(
      FormatResult(result, ResultFormat::kJson, kUtf8, 10),
      "{\"path\":\"\xEF\xBF\xBD.jpg\",\"error\":{\"code\":\"NOT_FOUND\",\"message\":\"none\"}}\n");
}

TEST(FormatResult, SurvivesTheNarrowestTerminal) {
  FileResult result = {.path = "a.jpg", .status = absl::OkStatus(), .outcome = {}};
  result.outcome.classes = {{.index = 0, .label = "espresso maker", .probability = 1.0f}};
  const Terminal narrow = {.interactive = true, .color = false, .utf8 = true, .width = 1};
  EXPECT_EQ(FormatResult(result, ResultFormat::kChart, narrow, 1),
            "a.jpg   version 0\nespress…  █ 100.0 %\n");
}

TEST(Quantile, IsTheNearestRank) {
  const std::vector<float> sorted = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  EXPECT_EQ(Quantile(sorted, 0.5), 5);
  EXPECT_EQ(Quantile(sorted, 0.9), 9);
  EXPECT_EQ(Quantile(sorted, 0.99), 10);
  EXPECT_EQ(Quantile(sorted, 1), 10);
  EXPECT_EQ(Quantile(sorted, 0), 1);
  EXPECT_EQ(Quantile({}, 0.5), 0);
}

TEST(Nearest, FindsTyposAndNothingElse) {
  const std::vector<std::string> flags = {"--server", "--top", "--tls"};
  EXPECT_EQ(Nearest("--sever", flags), "--server");
  EXPECT_EQ(Nearest("--tpo", flags), "--top");
  EXPECT_EQ(Nearest("--verbose", flags), "");
}

TEST(FindImages, TakesFilesWhateverTheirNames) {
  const std::vector<ImagePath> images = FindImages({"notes.txt", "-", "none.jpg"});
  ASSERT_EQ(images.size(), 3u);
  EXPECT_EQ(images[0].path, "notes.txt");
  EXPECT_EQ(images[1].path, "-");
  EXPECT_TRUE(images[2].status.ok());
}

}  // namespace
}  // namespace avocet
