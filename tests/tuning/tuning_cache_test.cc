#include "engine/tuning/tuning_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "engine/tuning/tuning_file.h"
#include "tests/checkpoint/temporary_folder.h"

namespace avocet {
namespace {

using std::chrono::microseconds;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TuningKey Key(std::string network, Precision precision = Precision::kFloat32) {
  return {.cpu = "a \"CPU\" \\ model",
          .engine = "oneDNN 3.6",
          .network = std::move(network),
          .variant = "",
          .height = 224,
          .width = 192,
          .precision = precision,
          .threads = 2};
}

PlanCosts Costs(int us) {
  return {.lone = LoneCosts{microseconds(us), microseconds(us / 2)},
          .batches = {{1, microseconds(us)}, {2, microseconds(2 * us)}}};
}

std::unique_ptr<TuningCache> Open(const std::string& path) {
  absl::StatusOr<std::unique_ptr<TuningCache>> cache = TuningCache::Open(path);
  EXPECT_TRUE(cache.ok()) << cache.status();
  return *std::move(cache);
}

TEST(TuningCache, KeepsWhatWasStored) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/deep/er/tuning.json";
  {
    const auto cache = Open(path);
    EXPECT_EQ(cache->Find(Key("net")), std::nullopt);
    ASSERT_TRUE(cache->Store(Key("net"), Costs(1234)).ok());
    ASSERT_TRUE(cache->Store(Key("net", Precision::kInt8), Costs(77)).ok());
    EXPECT_EQ(cache->Find(Key("net")), Costs(1234));
  }
  const auto cache = Open(path);
  EXPECT_THAT(cache->problem(), IsEmpty());
  EXPECT_EQ(cache->Find(Key("net")), Costs(1234));
  EXPECT_EQ(cache->Find(Key("net", Precision::kInt8)), Costs(77));
}

TEST(TuningCache, TellsEveryPartOfAKeyApart) {
  const TemporaryFolder folder;
  const auto cache = Open(folder.path() + "/tuning.json");
  ASSERT_TRUE(cache->Store(Key("net"), Costs(1)).ok());
  const auto differs = [&](auto member, auto value) {
    TuningKey key = Key("net");
    key.*member = value;
    return cache->Find(key) == std::nullopt;
  };
  EXPECT_TRUE(differs(&TuningKey::cpu, std::string("another")));
  EXPECT_TRUE(differs(&TuningKey::engine, std::string("oneDNN 3.7")));
  EXPECT_TRUE(differs(&TuningKey::network, std::string("net2")));
  EXPECT_TRUE(differs(&TuningKey::variant, std::string("40 of 50 layers")));
  EXPECT_TRUE(differs(&TuningKey::height, 225));
  EXPECT_TRUE(differs(&TuningKey::width, 193));
  EXPECT_TRUE(differs(&TuningKey::precision, Precision::kBFloat16));
  EXPECT_TRUE(differs(&TuningKey::threads, 3));
}

TEST(TuningCache, AddsPartsToWhatIsKnown) {
  const TemporaryFolder folder;
  const auto cache = Open(folder.path() + "/tuning.json");
  ASSERT_TRUE(cache->Store(Key("net"), {.lone = Costs(10).lone, .batches = {}}).ok());
  ASSERT_TRUE(cache->Store(Key("net"), {.lone = std::nullopt, .batches = Costs(20).batches}).ok());
  EXPECT_EQ(cache->Find(Key("net")), (PlanCosts{Costs(10).lone, Costs(20).batches}));
}

TEST(TuningCache, KeepsWhatOtherProcessesWroteMeanwhile) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/tuning.json";
  const auto one = Open(path);
  const auto other = Open(path);
  ASSERT_TRUE(one->Store(Key("a"), Costs(1)).ok());
  ASSERT_TRUE(other->Store(Key("b"), Costs(2)).ok());
  EXPECT_EQ(other->Find(Key("a")), Costs(1));
  const auto later = Open(path);
  EXPECT_EQ(later->Find(Key("a")), Costs(1));
  EXPECT_EQ(later->Find(Key("b")), Costs(2));
}

TEST(TuningCache, LosesNothingToConcurrentWriters) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/tuning.json";
  constexpr int kWriters = 4;
  constexpr int kEntries = 5;
  std::vector<std::thread> writers;
  for (int writer = 0; writer < kWriters; ++writer) {
    writers.emplace_back([&path, writer] {
      const auto cache = Open(path);  // each with a lock and entries of its own, as a process has
      for (int i = 0; i < kEntries; ++i) {
        const std::string name = std::to_string(writer) + "/" + std::to_string(i);
        EXPECT_TRUE(cache->Store(Key(name), Costs(writer * 100 + i + 1)).ok());
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  const auto cache = Open(path);
  EXPECT_THAT(cache->problem(), IsEmpty());
  for (int writer = 0; writer < kWriters; ++writer) {
    for (int i = 0; i < kEntries; ++i) {
      const std::string name = std::to_string(writer) + "/" + std::to_string(i);
      EXPECT_EQ(cache->Find(Key(name)), Costs(writer * 100 + i + 1)) << name;
    }
  }
}

TEST(TuningCache, ReplacesAFileThatItCannotUnderstand) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/tuning.json";
  ASSERT_TRUE(Open(path)->Store(Key("net"), Costs(1)).ok());
  const std::string good = folder.Read("tuning.json");
  const std::string entry = R"({"format": 1, "entries": [{"cpu": "c", "engine": "e",
      "network": "n", "variant": "", "height": 1, "width": 1, "precision": "float32",
      "threads": 1)";
  const std::string broken[] = {
      "",
      good.substr(0, good.size() / 2),
      "[]",
      R"({"format": 2, "entries": []})",
      R"({"format": 1, "entries": {}})",
      R"({"format": 1, "entries": [3]})",
      R"({"format": 1, "entries": [{"cpu": "c"}]})",
      entry + R"(, "lone_ms": [1]}]})",
      entry + R"(, "lone_ms": [-1, 1]}]})",
      entry + R"(, "batch_ms": 7}]})",
      entry + R"(, "batch_ms": [[2, 1.0]]}]})",
      entry + R"(, "batch_ms": [[1, 1.0], [1, 1.0]]}]})",
      entry + R"(, "batch_ms": [[1, 1e300]]}]})",
  };
  for (const std::string& content : broken) {
    folder.Write("tuning.json", content);
    const auto cache = Open(path);
    EXPECT_THAT(cache->problem(), HasSubstr(path)) << content;
    EXPECT_EQ(cache->Find(Key("net")), std::nullopt);
    ASSERT_TRUE(cache->Store(Key("new"), Costs(5)).ok());
    const auto again = Open(path);
    EXPECT_THAT(again->problem(), IsEmpty()) << content;
    EXPECT_EQ(again->Find(Key("new")), Costs(5));
  }
}

TEST(TuningCache, DropsTheOldestEntriesOfMany) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/tuning.json";
  std::vector<TuningEntry> entries;
  for (int i = 0; i < 1005; ++i) entries.emplace_back(Key(std::to_string(i)), Costs(1));
  ASSERT_TRUE(WriteTuningFile(path, entries).ok());
  ASSERT_TRUE(Open(path)->Store(Key("new"), Costs(2)).ok());
  const auto cache = Open(path);
  EXPECT_EQ(cache->Find(Key("5")), std::nullopt);
  EXPECT_NE(cache->Find(Key("6")), std::nullopt);
  EXPECT_EQ(cache->Find(Key("new")), Costs(2));
}

TEST(TuningCache, SaysWhereItCannotWrite) {
  const TemporaryFolder folder;
  folder.Write("file", "");
  const auto cache = TuningCache::Open(folder.path() + "/file/tuning.json");
  ASSERT_FALSE(cache.ok());
  EXPECT_THAT(std::string(cache.status().message()), HasSubstr(folder.path() + "/file"));
}

TEST(DefaultTuningCachePath, IsInTheUsersCacheFolder) {
  setenv("HOME", "/home/somebody", 1);
  setenv("XDG_CACHE_HOME", "/caches", 1);
  EXPECT_EQ(DefaultTuningCachePath(), "/caches/avocet/tuning.json");
  setenv("XDG_CACHE_HOME", "relative", 1);
  EXPECT_EQ(DefaultTuningCachePath(), "/home/somebody/.cache/avocet/tuning.json");
  unsetenv("XDG_CACHE_HOME");
  EXPECT_EQ(DefaultTuningCachePath(), "/home/somebody/.cache/avocet/tuning.json");
  unsetenv("HOME");
  EXPECT_EQ(DefaultTuningCachePath(), "");
}

}  // namespace
}  // namespace avocet
