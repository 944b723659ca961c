#include "engine/train/job/publish.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <optional>
#include <system_error>

#include "engine/base/status.h"
#include "engine/checkpoint/model_config.h"
#include "engine/checkpoint/model_folder.h"
#include "engine/checkpoint/safetensors.h"
#include "engine/checkpoint/safetensors_writer.h"

namespace avocet {
namespace {

namespace fs = std::filesystem;

constexpr char kWeights[] = "model.safetensors";

ModelFolderName NextVersionOf(const std::string& model) {
  const fs::path path = fs::path(model).lexically_normal();
  const fs::path name = path.has_filename() ? path : path.parent_path();
  const std::string models = name.parent_path().empty() ? "." : name.parent_path().string();
  return {models, name.filename().string(), std::nullopt};
}

bool SameFiles(const fs::path& a, const fs::path& b) {
  std::error_code missing;
  const auto size = fs::file_size(a, missing);
  if (missing || size != fs::file_size(b, missing) || missing) return false;
  std::ifstream first(a, std::ios::binary);
  std::ifstream second(b, std::ios::binary);
  std::array<char, 1 << 16> x;
  std::array<char, 1 << 16> y;
  std::uintmax_t compared = 0;
  while (compared < size) {
    first.read(x.data(), x.size());
    second.read(y.data(), y.size());
    const std::streamsize count = first.gcount();
    if (count == 0 || count != second.gcount() ||
        !std::equal(x.begin(), x.begin() + count, y.begin())) {
      return false;
    }
    compared += static_cast<std::uintmax_t>(count);
  }
  return true;
}

// The version that has these weights; empty without one.
fs::path VersionWith(const fs::path& weights, const fs::path& model) {
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(model, ignored)) {
    if (entry.path().filename().string().starts_with('.')) continue;  // not whole yet
    if (SameFiles(weights, entry.path() / kWeights)) return entry.path();
  }
  return {};
}

}  // namespace

absl::Status CheckPublish(const std::string& model) {
  return CheckModelFolder(NextVersionOf(model));
}

absl::StatusOr<PublishedModel> PublishModel(const std::string& model, const fs::path& checkpoint) {
  const ModelFolderName where = NextVersionOf(model);
  const fs::path weights = checkpoint / kWeights;
  const fs::path same = VersionWith(weights, fs::path(where.models) / where.name);
  if (!same.empty()) return PublishedModel{.path = same.string(), .is_new = false};
  ASSIGN_OR_RETURN(const ModelConfig config, ReadModelConfig(checkpoint.string()));
  ASSIGN_OR_RETURN(const Safetensors file, Safetensors::Open(weights.string()));
  ASSIGN_OR_RETURN(std::string path, WriteModelFolder(where, config, TensorsOf(file.tensors()),
                                                      /*quantization=*/nullptr, file.metadata()));
  return PublishedModel{.path = std::move(path), .is_new = true};
}

}  // namespace avocet
