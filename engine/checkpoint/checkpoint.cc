#include "engine/checkpoint/checkpoint.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/status.h"
#include "engine/checkpoint/float_conversion.h"
#include "engine/graph/parameter_spec.h"

namespace avocet {
namespace {

constexpr char kAnotherBackbone[] = "was it trained with another backbone?";
constexpr char kAnotherHead[] = "does config.json name the number of classes it was trained for?";

std::string ShapeString(std::span<const std::int64_t> shape) {
  return absl::StrCat("[", absl::StrJoin(shape, ","), "]");
}

std::span<const std::int64_t> WithoutTrailingOnes(std::span<const std::int64_t> shape) {
  while (!shape.empty() && shape.back() == 1) shape = shape.first(shape.size() - 1);
  return shape;
}

bool IsCounter(std::string_view name) {
  return name == "num_batches_tracked" || name.ends_with(".num_batches_tracked");
}

// Collects names that share one problem and shows the first few.
class NameList {
 public:
  void Add(std::string_view name) {
    constexpr int kShown = 3;
    if (count_ < kShown) {
      absl::StrAppend(&text_, count_ > 0 ? ", \"" : "\"",
                      absl::Utf8SafeCEscape({name.data(), name.size()}), "\"");
    } else if (count_ == kShown) {
      absl::StrAppend(&text_, ", ...");
    }
    ++count_;
  }
  bool empty() const { return count_ == 0; }
  int count() const { return count_; }
  const std::string& text() const { return text_; }

 private:
  int count_ = 0;
  std::string text_;
};

// What is wrong with `tensor` as the parameter `spec`, before its values are read.
std::optional<std::string> Mismatch(const ParameterSpec& spec, const TensorView& tensor) {
  if (!std::ranges::equal(WithoutTrailingOnes(spec.shape), WithoutTrailingOnes(tensor.shape))) {
    // A head that alone differs in its first dimension was made for other classes.
    const bool head =
        spec.shape.size() == tensor.shape.size() && !spec.shape.empty() &&
        std::equal(spec.shape.begin() + 1, spec.shape.end(), tensor.shape.begin() + 1) &&
        (spec.name.starts_with("classifier.") || spec.name.starts_with("fc.") ||
         spec.name.starts_with("head."));
    return absl::StrCat("expected ", ShapeString(spec.shape), ", checkpoint has ",
                        ShapeString(tensor.shape), "; ", head ? kAnotherHead : kAnotherBackbone);
  }
  if (!IsFloatingPoint(tensor.dtype)) {
    const std::string_view found = DTypeName(tensor.dtype);
    return absl::StrCat("expected F32, F16, BF16 or F64, checkpoint has ",
                        absl::string_view(found.data(), found.size()),
                        "; quantised checkpoints are not supported");
  }
  return std::nullopt;
}

std::optional<std::string> NonFinite(std::span<const float> values) {
  const auto bad = std::ranges::find_if_not(values, [](float v) { return std::isfinite(v); });
  if (bad == values.end()) return std::nullopt;
  return absl::StrCat("value ", bad - values.begin(), " of ", values.size(), " is ",
                      std::isnan(*bad) ? "NaN" : "infinite",
                      " as float32; did the training diverge?");
}

absl::Status CheckNames(const Safetensors& file, absl::string_view source,
                        std::span<const ParameterSpec> specs) {
  std::set<std::string_view> wanted;
  NameList missing;
  for (const ParameterSpec& spec : specs) {
    wanted.insert(spec.name);
    if (file.Find(spec.name) == nullptr) missing.Add(spec.name);
  }
  NameList extra;
  for (const TensorView& tensor : file.tensors()) {
    if (!wanted.contains(tensor.name) && !IsCounter(tensor.name)) extra.Add(tensor.name);
  }
  if (missing.empty() && extra.empty()) return absl::OkStatus();
  std::string problems;
  if (!missing.empty()) {
    absl::StrAppend(&problems, "lacks ", missing.count(), " of the network's ", specs.size(),
                    " parameters: ", missing.text(), "; ");
  }
  if (!extra.empty()) {
    absl::StrAppend(&problems, "has ", extra.count(),
                    " tensors that the network does not know: ", extra.text(), "; ");
  }
  return absl::InvalidArgumentError(absl::StrCat(source, ": ", problems, kAnotherBackbone));
}

}  // namespace

absl::StatusOr<Parameters> LoadParameters(const Safetensors& file, std::string_view source,
                                          const Graph& graph) {
  const absl::string_view shown(source.data(), source.size());
  const std::vector<ParameterSpec> specs = GraphParameters(graph);
  RETURN_IF_ERROR(CheckNames(file, shown, specs));

  const auto error = [&](const ParameterSpec& spec, const std::string& problem) {
    return absl::InvalidArgumentError(
        absl::StrCat(shown, ": parameter \"", spec.name, "\": ", problem));
  };
  for (const ParameterSpec& spec : specs) {
    if (const auto problem = Mismatch(spec, *file.Find(spec.name))) return error(spec, *problem);
  }
  Parameters parameters(specs);
  for (const ParameterSpec& spec : specs) {
    const std::span<float> values = parameters.Get(spec.name);
    CopyAsFloat(*file.Find(spec.name), values);
    if (const auto problem = NonFinite(values)) return error(spec, *problem);
  }
  return parameters;
}

absl::StatusOr<Parameters> LoadParameters(const std::string& model_dir, const Graph& graph) {
  const std::string path = model_dir + "/model.safetensors";
  ASSIGN_OR_RETURN(const Safetensors file, Safetensors::Open(path));
  return LoadParameters(file, path, graph);
}

}  // namespace avocet
