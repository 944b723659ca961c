// `avocet classify` as a process: what it prints where, and how it ends.
#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/checkpoint/temporary_folder.h"
#include "tests/client/fake_server.h"
#include "tests/client/run_command.h"

namespace avocet {
namespace {

using testing::HasSubstr;
using testing::Not;

class ClassifyCommand : public testing::Test {
 protected:
  CommandResult Classify(std::vector<std::string> arguments, CommandOptions options = {}) {
    arguments.insert(arguments.begin(), "classify");
    options.environment.emplace("AVOCET_SERVER", server_.address());
    return RunCommand(arguments, options);
  }

  FakeServer server_;
  TemporaryFolder folder_;
};

TEST_F(ClassifyCommand, PrintsTabSeparatedLinesInAPipe) {
  const std::string cat = folder_.Write("cat.jpg", "cat");
  const std::string dog = folder_.Write("dog.jpg", "dog");
  const CommandResult result = Classify({dog, cat});
  EXPECT_EQ(result.output, dog + "\tdog\t90.00\n" + cat + "\tcat\t90.00\n");
  EXPECT_EQ(result.errors, "");
  EXPECT_EQ(result.status, 0);
}

TEST_F(ClassifyCommand, PrintsAsManyPairsAsAskedFor) {
  const std::string cat = folder_.Write("cat.jpg", "cat");
  const CommandResult result = Classify({"--top", "2", cat});
  EXPECT_EQ(result.output, cat + "\tcat\t90.00\tclass 1\t1.00\n");
}

TEST_F(ClassifyCommand, EscapesTabsAndLineEndsInNames) {
  const std::string odd = folder_.Write("a\tb\nc.jpg", "cat");
  const CommandResult result = Classify({odd});
  EXPECT_EQ(result.output, folder_.path() + "/a\\tb\\nc.jpg" + "\tcat\t90.00\n");
}

TEST_F(ClassifyCommand, DrawsABarChartForOneFileOnATerminal) {
  const std::string cat = folder_.Write("cat.jpg", "tabby");
  const CommandResult result =
      Classify({"--top", "2", cat}, {.terminal_output = true, .environment = {{"NO_COLOR", "1"}}});
  EXPECT_EQ(result.output, cat + "  fake version 3\n" +
                               "tabby    ████████████████████████████████████      90.0 %\n" +
                               "class 1  ▍                                          1.0 %\n");
  EXPECT_EQ(result.status, 0);
}

TEST_F(ClassifyCommand, DrawsWithAsciiWhereTheLocaleIsNotUtf8) {
  const std::string cat = folder_.Write("cat.jpg", "tabby");
  const CommandResult result =
      Classify({"--top", "1", cat},
               {.terminal_output = true, .environment = {{"NO_COLOR", "1"}, {"LC_ALL", "C"}}});
  EXPECT_THAT(result.output, HasSubstr("tabby  ####################################      90.0 %"));
}

TEST_F(ClassifyCommand, FitsTheChartIntoNarrowTerminals) {
  const std::string cat = folder_.Write("cat.jpg", std::string(60, 'x'));
  const CommandResult result =
      Classify({"--top", "1", cat},
               {.terminal_output = true, .columns = 40, .environment = {{"NO_COLOR", "1"}}});
  EXPECT_THAT(result.output, HasSubstr("\n" + std::string(19, 'x') + "…  █████████   90.0 %\n"));
}

TEST_F(ClassifyCommand, ColorsOnlyTerminalsThatWantIt) {
  const std::string cat = folder_.Write("cat.jpg", "tabby");
  EXPECT_THAT(Classify({cat}, {.terminal_output = true}).output, HasSubstr("\x1b[32m"));
  EXPECT_THAT(Classify({"--format", "chart", cat}).output, Not(HasSubstr("\x1b")));
  EXPECT_THAT(Classify({cat}, {.terminal_output = true, .environment = {{"TERM", "dumb"}}}).output,
              Not(HasSubstr("\x1b")));
}

TEST_F(ClassifyCommand, PrintsALineAFileForSeveralOnATerminal) {
  folder_.Write("a.jpg", "cat");
  folder_.Write("bcd.jpg", "dog");
  const CommandResult result =
      Classify({folder_.path()}, {.terminal_output = true, .columns = 200});
  EXPECT_EQ(result.output, folder_.path() + "/a.jpg" + "     90.0 % cat\n" + folder_.path() +
                               "/bcd.jpg" + "   90.0 % dog\n");
}

TEST_F(ClassifyCommand, DoesNotLetLabelsSteerTheTerminal) {
  const std::string evil = folder_.Write("evil.jpg", "\x1b]0;owned\a");
  const CommandResult result =
      Classify({evil}, {.terminal_output = true, .environment = {{"NO_COLOR", "1"}}});
  EXPECT_THAT(result.output, HasSubstr("?]0;owned?"));
  EXPECT_THAT(result.output, Not(HasSubstr("\x1b")));
}

TEST_F(ClassifyCommand, PrintsAnObjectALineWithJson) {
  const std::string cat = folder_.Write("cat.jpg", "cat");
  const std::string bad = folder_.Write("bad.jpg", "bad");
  const CommandResult result = Classify({"--json", cat, bad});
  const size_t end = result.output.find('\n');
  ASSERT_NE(end, std::string::npos);
  const auto first = nlohmann::json::parse(result.output.substr(0, end));
  const auto second = nlohmann::json::parse(result.output.substr(end + 1));
  EXPECT_EQ(first["path"], cat);
  EXPECT_EQ(first["model"], "fake");
  EXPECT_EQ(first["version"], 3);
  EXPECT_EQ(first["classes"].size(), 5u);
  EXPECT_EQ(first["classes"][0]["label"], "cat");
  EXPECT_EQ(first["milliseconds"]["decode"], 2.5);
  EXPECT_EQ(first["batch_size"], 4);
  EXPECT_EQ(second["error"]["code"], "INVALID_ARGUMENT");
  EXPECT_EQ(result.status, 1);
}

TEST_F(ClassifyCommand, ReadsStandardInput) {
  const CommandResult result = Classify({"-"}, {.input = "piped"});
  EXPECT_EQ(result.output, "-\tpiped\t90.00\n");
  EXPECT_EQ(Classify({"-", "-"}).status, 2);
}

TEST_F(ClassifyCommand, SearchesDirectoriesForImages) {
  folder_.Write("b/2.PNG", "two");
  folder_.Write("b/1.jpeg", "one");
  folder_.Write("a.webp", "zero");
  folder_.Write("b/notes.txt", "no image");
  const CommandResult result = Classify({folder_.path()});
  EXPECT_EQ(result.output, folder_.path() + "/a.webp" + "\tzero\t90.00\n" + folder_.path() +
                               "/b/1.jpeg" + "\tone\t90.00\n" + folder_.path() + "/b/2.PNG" +
                               "\ttwo\t90.00\n");
}

TEST_F(ClassifyCommand, GoesOnAfterFilesThatFail) {
  folder_.Write("empty/notes.txt", "no image");
  const std::string bad = folder_.Write("bad.jpg", "bad");
  const std::string blank = folder_.Write("blank.jpg", "");
  const std::string cat = folder_.Write("cat.jpg", "cat");
  const CommandResult result =
      Classify({folder_.path() + "/none.jpg", bad, blank, folder_.path() + "/empty", cat});
  EXPECT_EQ(result.output, cat + "\tcat\t90.00\n");
  EXPECT_EQ(
      result.errors,
      "avocet: " + folder_.path() + "/none.jpg" + ": No such file or directory\n" +  //
          "avocet: " + bad + ": expected an image, found \"bad\"\n" +                //
          "avocet: " + blank + ": empty: 0 bytes\n" +                                //
          "avocet: " + folder_.path() + "/empty" +
          ": no images in this directory: expected names that end in .jpg, .jpeg, .jpe, .png, "
          ".webp, .bmp, .tif or .tiff\n");
  EXPECT_EQ(result.status, 1);
}

TEST_F(ClassifyCommand, EndsQuietlyWhenItsReaderHasSeenEnough) {
  FakeServer slow([](auto& context, const auto& request, auto& response) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return FakeServer::Answer(context, request, response);
  });
  for (int i = 0; i < 200; ++i) folder_.Write(std::to_string(i) + ".jpg", "cat");
  const std::string script = "{ " AVOCET_BINARY " classify --concurrency 1 --server " +
                             slow.address() + " " + folder_.path() + "; echo $? >&2; } 2>" +
                             folder_.path() + "/errors" + " | head -n 1 >" + folder_.path() +
                             "/output";
  ASSERT_EQ(std::system(script.c_str()), 0);
  std::string errors;
  std::getline(std::ifstream(folder_.path() + "/errors"), errors, '\0');
  EXPECT_EQ(errors, "141\n");  // SIGPIPE, without a word
  EXPECT_LT(slow.calls(), 200);
}

TEST_F(ClassifyCommand, ShowsProgressOnATerminalOnly) {
  FakeServer slow([](auto& context, const auto& request, auto& response) {
    std::this_thread::sleep_for(std::chrono::milliseconds(150));
    return FakeServer::Answer(context, request, response);
  });
  for (int i = 0; i < 10; ++i) folder_.Write(std::to_string(i) + ".jpg", "cat");
  for (const bool terminal : {true, false}) {
    const CommandResult result =
        Classify({"--concurrency", "1", "--server", slow.address(), folder_.path()},
                 {.terminal_errors = terminal});
    EXPECT_EQ(result.status, 0);
    if (terminal) {
      EXPECT_THAT(result.errors, HasSubstr("/10  "));
      EXPECT_THAT(result.errors, HasSubstr("ETA 0:0"));
      EXPECT_THAT(result.errors, testing::EndsWith("\r\x1b[K")) << "the bar is wiped at the end";
    } else {
      EXPECT_EQ(result.errors, "");
    }
  }
}

TEST_F(ClassifyCommand, KeepsNoMoreCallsInFlightThanAsked) {
  std::atomic<int> now = 0;
  std::atomic<int> most = 0;
  FakeServer counting([&](auto& context, const auto& request, auto& response) {
    const int in_flight = ++now;
    int seen = most;
    while (in_flight > seen && !most.compare_exchange_weak(seen, in_flight)) {
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    --now;
    return FakeServer::Answer(context, request, response);
  });
  for (int i = 0; i < 50; ++i) folder_.Write(std::to_string(i) + ".jpg", "cat");
  const CommandResult result =
      Classify({"--concurrency", "3", "--server", counting.address(), folder_.path()});
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(std::count(result.output.begin(), result.output.end(), '\n'), 50);
  EXPECT_LE(most, 3);
}

TEST_F(ClassifyCommand, StopsWhenACallFailsForAll) {
  FakeServer unknown([](auto&, const auto&, auto&) {
    return grpc::Status(grpc::StatusCode::NOT_FOUND, "model \"nope\": not loaded");
  });
  for (int i = 0; i < 50; ++i) folder_.Write(std::to_string(i) + ".jpg", "cat");
  const CommandResult result =
      Classify({"--concurrency", "2", "--server", unknown.address(), folder_.path()});
  EXPECT_EQ(result.errors,
            "avocet: " + unknown.address() + ": NOT_FOUND: model \"nope\": not loaded\n");
  EXPECT_EQ(result.status, 3);
  EXPECT_LT(unknown.calls(), 10);
}

TEST_F(ClassifyCommand, SaysThatTheServerIsDown) {
  const std::string cat = folder_.Write("cat.jpg", "cat");
  const CommandResult result = Classify({"--server", "localhost:1", cat});
  EXPECT_THAT(result.errors, testing::StartsWith("avocet: cannot reach localhost:1: "));
  EXPECT_THAT(result.errors, testing::EndsWith("; is avocet-server running?\n"));
  EXPECT_EQ(result.status, 3);
}

TEST_F(ClassifyCommand, TellsOneImageFromTheWholeCallByTheStatus) {
  FakeServer picky([](auto& context, const v1::ClassifyRequest& request, auto& response) {
    if (request.images(0) == "huge") {
      return grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "too many bytes");
    }
    return FakeServer::Answer(context, request, response);
  });
  const std::string cat = folder_.Write("cat.jpg", "cat");
  const std::string huge = folder_.Write("huge.jpg", "huge");
  EXPECT_EQ(Classify({"--server", picky.address(), huge, cat}).status, 1);
  EXPECT_EQ(Classify({"--server", picky.address(), huge}).status, 3);
}

}  // namespace
}  // namespace avocet
