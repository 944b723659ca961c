#include "engine/train/report/html_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <string_view>

#include "engine/train/report/line_chart.h"
#include "engine/train/report/metrics_csv.h"
#include "tests/checkpoint/temporary_folder.h"
#include "tests/train/report/sample_run.h"

namespace avocet {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

int Count(std::string_view text, std::string_view what) {
  int count = 0;
  for (std::size_t at = text.find(what); at != text.npos; at = text.find(what, at + 1)) ++count;
  return count;
}

std::string Report(int classes_of_another = 0) {
  ReportData data{.facts = SampleFacts(), .steps = {}, .epochs = {}, .result = SampleResult()};
  for (int step = 1; step <= 100; ++step) data.steps.push_back(SampleStep(step));
  for (int epoch = 1; epoch <= 4; ++epoch) data.epochs.push_back(SampleEpoch(epoch));
  if (classes_of_another > 0) {
    data.result.scores.emplace(classes_of_another);
    data.result.mistakes.clear();
    data.facts.class_names.assign(static_cast<std::size_t>(classes_of_another), "name");
  }
  return WriteReportPage(data);
}

TEST(HtmlReport, HoldsEverythingItself) {
  const std::string page = Report();
  EXPECT_THAT(page, AllOf(Not(HasSubstr("http")), Not(HasSubstr("<script")),
                          Not(HasSubstr("<link")), Not(HasSubstr("url("))));
  EXPECT_EQ(Count(page, "src=\"data:image/jpeg;base64,"), 11);
  EXPECT_EQ(Count(page, "no picture"), 1);
  EXPECT_EQ(Count(page, "<svg"), 5);
}

TEST(HtmlReport, ShowsWhatCameOut) {
  const std::string page = Report();
  const ClassificationScores scores = *SampleResult().scores;
  EXPECT_THAT(page, HasSubstr("1855"));
  EXPECT_THAT(page, HasSubstr(std::to_string(scores.confusion().count(4, 5)) + "</td>"));
  EXPECT_EQ(Count(page, "<td class=right"), 9);
  EXPECT_EQ(Count(page, "<td class=wrong"), 72);
  EXPECT_THAT(page, HasSubstr("2 files cannot be read"));
  EXPECT_THAT(page, HasSubstr("model: &quot;tf_efficientnet_lite0&quot;"));
}

// Counted by hand: of 206 images 177 are right, and 207 are taken for it.
TEST(HtmlReport, TellsPrecisionAndRecallOfAClass) {
  EXPECT_THAT(Report(), HasSubstr("<tr><td>Animals &amp; Nature<td class=number>206"
                                  "<td class=number>310"
                                  "<td class=bar style=\"--share:0.855\">85.5"
                                  "<td class=bar style=\"--share:0.859\">85.9"
                                  "<td class=bar style=\"--share:0.857\">85.7</tr>"));
  EXPECT_THAT(Report(), HasSubstr("<th class=number>trained on<th class=number>precision %"
                                  "<th class=number>recall %<th class=number>F1 %</tr>"));
}

TEST(HtmlReport, ListsWhatCannotBeRead) {
  ReportData data{.facts = SampleFacts(), .steps = {}, .epochs = {}, .result = SampleResult()};
  EXPECT_THAT(WriteReportPage(data), Not(HasSubstr("cannot be read</h2>")));
  for (int i = 0; i < 203; ++i) data.result.skipped.push_back({"a<" + std::to_string(i), "torn"});
  const std::string page = WriteReportPage(data);
  EXPECT_THAT(
      page, AllOf(HasSubstr("203 files were left out"), HasSubstr("<tr><td>a&lt;199<td>torn</tr>"),
                  Not(HasSubstr("a&lt;200")), HasSubstr("3 more are in unreadable.csv")));
}

TEST(HtmlReport, EscapesNames) {
  const std::string page = Report();
  EXPECT_THAT(page, HasSubstr("Smileys &lt;&amp;&gt; &quot;Emotion&quot;"));
  EXPECT_THAT(page, Not(HasSubstr("Smileys <")));
}

TEST(HtmlReport, DrawsALargeConfusionMatrixAsAPicture) {
  const std::string page = Report(1000);
  EXPECT_EQ(Count(page, "src=\"data:image/png;base64,"), 1);
  EXPECT_THAT(page, HasSubstr("800 better classes are left out"));
  EXPECT_LT(page.size(), 1u << 20);
}

TEST(HtmlReport, CoversTheWholeRunAfterAResume) {
  const TemporaryFolder folder;
  for (const auto& [first, last] : {std::pair(0, 60), std::pair(50, 100)}) {
    RunObservers observers;
    observers.Add(std::make_unique<MetricsCsv>(folder.path()));
    observers.Add(std::make_unique<HtmlReport>(folder.path()));
    PlayRun(observers, first, last);
  }
  EXPECT_THAT(folder.Read("report.html"), HasSubstr("4 of 4 epochs, 100 steps"));
}

TEST(HtmlReport, IsWrittenForARunThatFailedAtOnce) {
  const TemporaryFolder folder;
  HtmlReport report(folder.path());
  report.OnStart(SampleFacts());
  report.OnEnd({.status = absl::InternalError("the loss is <not> a number")});
  EXPECT_THAT(folder.Read("report.html"),
              AllOf(HasSubstr("the loss is &lt;not&gt; a number"), Not(HasSubstr("<svg"))));
}

TEST(LineChart, LeavesOutWhatIsNoNumber) {
  const std::string svg = LineChart(
      {.title = "t"}, {{.name = "", .css_class = "train", .points = {{1, 1}, {2, NAN}, {3, 2}}}});
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
  EXPECT_EQ(LineChart({.title = "t"}, {{.name = "", .css_class = "a", .points = {{1, NAN}}}}), "");
  EXPECT_EQ(LineChart({.title = "t", .logarithmic = true},
                      {{.name = "", .css_class = "a", .points = {{1, 0}}}}),
            "");
}

TEST(LineChart, DrawsConstantsAndSinglePoints) {
  for (const double value : {0.0, -3.0, 1e-30}) {
    const std::string svg =
        LineChart({.title = "t"}, {{.name = "", .css_class = "a", .points = {{5, value}}}});
    EXPECT_THAT(svg, AllOf(HasSubstr("<polyline"), Not(HasSubstr("nan")), Not(HasSubstr("inf"))));
  }
}

TEST(LineChart, ThinsLongLines) {
  ChartLine line{.name = "", .css_class = "a", .points = {}};
  for (int i = 0; i < 100'000; ++i) line.points.emplace_back(i, std::sin(i * 0.001));
  EXPECT_LT(LineChart({.title = "t"}, {line}).size(), 20'000u);
}

}  // namespace
}  // namespace avocet
