#include "engine/checkpoint/checkpoint.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/edit_distance.h"
#include "engine/base/status.h"
#include "engine/checkpoint/float_conversion.h"
#include "engine/checkpoint/quoted_name.h"
#include "engine/graph/parameter_spec.h"

namespace avocet {
namespace {

constexpr char kAnotherBackbone[] = "was it trained with another backbone?";
constexpr char kNoStatistics[] =
    "were the running statistics of its batch norms (PyTorch's buffers) left out when it was "
    "saved?";
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

using TensorIndex = std::map<std::string_view, const TensorView*>;

// The first few of the names that share a problem, each with the nearest of those that have the
// opposite one, where there are any.
std::string ShowNames(std::span<const std::string_view> names,
                      std::span<const std::string_view> opposite) {
  constexpr std::size_t kShown = 3;
  constexpr std::size_t kCompared = 2000;  // bounds the time that a hostile file can take
  std::string text;
  for (const std::string_view name : names.first(std::min(names.size(), kShown))) {
    absl::StrAppend(&text, text.empty() ? "" : ", ", QuotedName(name));
    if (opposite.empty()) continue;
    const auto candidates = opposite.first(std::min(opposite.size(), kCompared));
    absl::StrAppend(&text, " (nearest: ",
                    QuotedName(*std::ranges::min_element(
                        candidates, {}, [&](auto other) { return EditDistance(name, other); })),
                    ")");
  }
  return text + (names.size() > kShown ? ", ..." : "");
}

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

bool IsRunningStatistic(std::string_view name) {
  return name.ends_with(".running_mean") || name.ends_with(".running_var");
}

absl::Status CheckNames(const TensorIndex& tensors, absl::string_view source,
                        std::span<const ParameterSpec> specs) {
  std::set<std::string_view> wanted;
  std::vector<std::string_view> missing;
  for (const ParameterSpec& spec : specs) {
    wanted.insert(spec.name);
    if (!tensors.contains(spec.name)) missing.push_back(spec.name);
  }
  std::vector<std::string_view> extra;
  for (const auto& [name, tensor] : tensors) {
    if (!wanted.contains(name) && !IsCounter(name)) extra.push_back(name);
  }
  if (missing.empty() && extra.empty()) return absl::OkStatus();
  const char* advice = kAnotherBackbone;
  if (extra.empty() && std::ranges::all_of(missing, IsRunningStatistic)) advice = kNoStatistics;
  std::string problems;
  if (!missing.empty()) {
    absl::StrAppend(&problems, "lacks ", missing.size(), " of the network's ", specs.size(),
                    " parameters: ", ShowNames(missing, extra), "; ");
  }
  if (!extra.empty()) {
    absl::StrAppend(&problems, "has ", extra.size(),
                    " tensors that the network does not know: ", ShowNames(extra, missing), "; ");
  }
  return absl::InvalidArgumentError(absl::StrCat(source, ": ", problems, advice));
}

}  // namespace

absl::StatusOr<Parameters> LoadParameters(std::span<const TensorView> tensors,
                                          std::string_view source, const Graph& graph) {
  const absl::string_view shown(source.data(), source.size());
  const std::vector<ParameterSpec> specs = GraphParameters(graph);
  TensorIndex index;
  for (const TensorView& tensor : tensors) index.emplace(tensor.name, &tensor);
  RETURN_IF_ERROR(CheckNames(index, shown, specs));

  const auto error = [&](const ParameterSpec& spec, const std::string& problem) {
    return absl::InvalidArgumentError(
        absl::StrCat(shown, ": parameter \"", spec.name, "\": ", problem));
  };
  for (const ParameterSpec& spec : specs) {
    if (const auto problem = Mismatch(spec, *index.at(spec.name))) return error(spec, *problem);
  }
  Parameters parameters(specs);
  for (const ParameterSpec& spec : specs) {
    const std::span<float> values = parameters.Get(spec.name);
    CopyAsFloat(*index.at(spec.name), values);
    if (const auto problem = NonFinite(values)) return error(spec, *problem);
  }
  return parameters;
}

absl::StatusOr<Parameters> LoadParameters(const Safetensors& file, std::string_view source,
                                          const Graph& graph) {
  return LoadParameters(file.tensors(), source, graph);
}

absl::StatusOr<Parameters> LoadParameters(const std::string& model_dir, const Graph& graph) {
  const std::string path = model_dir + "/model.safetensors";
  ASSIGN_OR_RETURN(const Safetensors file, Safetensors::Open(path));
  return LoadParameters(file, path, graph);
}

}  // namespace avocet
