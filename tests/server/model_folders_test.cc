#include "server/model_folders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "server/model_loader.h"
#include "tests/server/fake_network.h"

namespace avocet::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ModelFolders : public ::testing::Test {
 protected:
  ModelFolders()
      : root_(std::filesystem::path(::testing::TempDir()) /
              ::testing::UnitTest::GetInstance()->current_test_info()->name()) {
    std::filesystem::remove_all(root_);
    std::filesystem::create_directories(root_);
  }
  ~ModelFolders() override { std::filesystem::remove_all(root_); }

  void Make(const std::string& folder) { std::filesystem::create_directories(root_ / folder); }

  // Loads everything but the folders in `broken`; returns "name/version" of what was loaded.
  std::vector<std::string> Load(VersionPolicy policy, const std::set<std::string>& broken = {}) {
    const ModelLoader loader =
        [&](const std::filesystem::path& folder, const std::string& name,
            std::int64_t version) -> absl::StatusOr<std::shared_ptr<const ServedModel>> {
      EXPECT_EQ(folder, root_ / name / std::to_string(version));
      if (broken.contains(name + "/" + std::to_string(version))) {
        return absl::InvalidArgumentError("broken");
      }
      return network_.Model(name, version);
    };
    const auto models = LoadModels(root_, policy, loader, metrics_);
    status_ = models.status();
    std::vector<std::string> loaded;
    if (!models.ok()) return loaded;
    for (const auto& model : *models) {
      loaded.push_back(model->name + "/" + std::to_string(model->version));
    }
    return loaded;
  }

  const std::filesystem::path root_;
  FakeClock clock_;
  FakeNetwork network_{clock_};
  Metrics metrics_;
  absl::Status status_;
};

TEST_F(ModelFolders, GiveTheNewestVersionByNumber) {
  for (const char* folder : {"a/9", "a/10", "b/1"}) Make(folder);
  EXPECT_THAT(Load(VersionPolicy::kLatest), ElementsAre("a/10", "b/1"));
  EXPECT_THAT(Load(VersionPolicy::kAll), ElementsAre("a/10", "a/9", "b/1"));
}

TEST_F(ModelFolders, PassOverWhatIsNoVersion) {
  for (const char* folder : {"a/1", "a/-2", "a/0", "a/007", "a/next", "a/.tmp",
                             "a/99999999999999999999", ".hidden/1", "empty"}) {
    Make(folder);
  }
  std::ofstream(root_ / "file") << "x";
  std::ofstream(root_ / "a" / "5") << "a file, not a folder";
  EXPECT_THAT(Load(VersionPolicy::kAll), ElementsAre("a/1"));
}

TEST_F(ModelFolders, ServeTheOthersWhenOneIsBroken) {
  for (const char* folder : {"a/1", "b/1"}) Make(folder);
  EXPECT_THAT(Load(VersionPolicy::kLatest, {"a/1"}), ElementsAre("b/1"));
}

TEST_F(ModelFolders, FallBackToAnOlderVersion) {
  for (const char* folder : {"a/1", "a/2", "a/3"}) Make(folder);
  EXPECT_THAT(Load(VersionPolicy::kLatest, {"a/3"}), ElementsAre("a/2"));
  EXPECT_THAT(Load(VersionPolicy::kAll, {"a/3"}), ElementsAre("a/2", "a/1"));
}

TEST_F(ModelFolders, AreAnErrorWhenNothingLoads) {
  Make("a/1");
  EXPECT_THAT(Load(VersionPolicy::kLatest, {"a/1"}), IsEmpty());
  EXPECT_EQ(status_.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status_.message()), HasSubstr(root_.string()));
}

TEST_F(ModelFolders, AreAnErrorWhenTheFolderIsMissing) {
  std::filesystem::remove_all(root_);
  EXPECT_THAT(Load(VersionPolicy::kLatest), IsEmpty());
  EXPECT_EQ(status_.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status_.message()), HasSubstr("No such file or directory"));
}

TEST_F(ModelFolders, ReportWhatIsWrongWithARealOne) {
  Make("a/1");
  Tuner tuner({});
  const auto empty = LoadModel(root_ / "a" / "1", "a", 1, {}, tuner);
  EXPECT_THAT(std::string(empty.status().message()), HasSubstr("config.json"));
  std::ofstream(root_ / "a" / "1" / "config.json")
      << R"({"architecture": "no_such_network", "num_classes": 3, "pretrained_cfg": {"input_size": [3, 32, 32]}})";
  const auto unknown = LoadModel(root_ / "a" / "1", "a", 1, {}, tuner);
  EXPECT_THAT(std::string(unknown.status().message()), HasSubstr("no_such_network"));
}

}  // namespace
}  // namespace avocet::testing
