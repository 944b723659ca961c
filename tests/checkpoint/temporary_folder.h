// A folder that lives as long as a test.
#ifndef AVOCET_TESTS_CHECKPOINT_TEMPORARY_FOLDER_H_
#define AVOCET_TESTS_CHECKPOINT_TEMPORARY_FOLDER_H_

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "engine/base/check.h"
#include "gtest/gtest.h"

namespace avocet {

// Removed with what is in it when it goes out of scope.
class TemporaryFolder {
 public:
  TemporaryFolder() : path_(::testing::TempDir() + "avocet-XXXXXX") {
    AVOCET_CHECK(mkdtemp(path_.data()) != nullptr);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  const std::string& path() const { return path_; }
  // Writes a file into the folder, in subfolders too, and returns its path.
  std::string Write(std::string_view name, std::string_view content) const {
    std::string file = path_ + "/" + std::string(name);
    std::filesystem::create_directories(std::filesystem::path(file).parent_path());
    std::ofstream(file, std::ios::binary) << content;
    return file;
  }
  // The content of a file in the folder.
  std::string Read(std::string_view name) const {
    std::ifstream stream(path_ + "/" + std::string(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  }

 private:
  std::string path_;
};

}  // namespace avocet

#endif  // AVOCET_TESTS_CHECKPOINT_TEMPORARY_FOLDER_H_
