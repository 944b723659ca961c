#include "engine/train/report/data_lists.h"

#include <spdlog/spdlog.h>

#include <cstddef>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "engine/checkpoint/atomic_file.h"
#include "engine/metrics/csv.h"

namespace avocet {

namespace fs = std::filesystem;

void DataLists::Write(const char* name, const std::string& text) const {
  const std::string path = (fs::path(run_folder_) / name).string();
  const absl::Status written = WriteFileAtomically(path, text);
  if (!written.ok()) spdlog::error("{} is not written: {}", path, std::string(written.message()));
}

void DataLists::WriteUnreadable(const std::vector<SkippedImage>& images) const {
  if (images.empty()) {
    std::error_code ignored;
    fs::remove(fs::path(run_folder_) / kUnreadableFile, ignored);  // of an earlier part of the run
    return;
  }
  std::string text = "path,reason\n";
  for (const SkippedImage& image : images) {
    absl::StrAppend(&text, CsvField(image.name), ",", CsvField(image.reason), "\n");
  }
  Write(kUnreadableFile, text);
}

void DataLists::OnStart(const RunFacts& facts) {
  std::string text = "index,name,train_images,validation_images\n";
  for (std::size_t i = 0; i < facts.class_names.size(); ++i) {
    absl::StrAppend(&text, i, ",", CsvField(facts.class_names[i]), ",", facts.train_images[i], ",",
                    facts.validation_images.empty() ? 0 : facts.validation_images[i], "\n");
  }
  Write(kClassesFile, text);
  WriteUnreadable(facts.skipped);
}

void DataLists::OnEnd(const RunResult& result) { WriteUnreadable(result.skipped); }

}  // namespace avocet
