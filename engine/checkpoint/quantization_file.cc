#include "engine/checkpoint/quantization_file.h"

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <span>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/checkpoint/atomic_file.h"
#include "engine/checkpoint/json_document.h"
#include "engine/checkpoint/json_value.h"
#include "engine/checkpoint/shortest_number.h"

namespace avocet {
namespace {

constexpr int kVersion = 1;

// A misspelt member would otherwise be lost without a word.
absl::Status ExpectOnly(const JsonValue& object, std::span<const std::string_view> members) {
  RETURN_IF_ERROR(object.ExpectObject());
  for (const auto& [key, value] : object.json().items()) {
    if (std::ranges::find(members, key) == members.end()) {
      return object.Error(absl::StrCat("unknown member \"", absl::Utf8SafeCEscape(key), "\""));
    }
  }
  return absl::OkStatus();
}

// The values of the member `name`, an object by node. `read` takes a value and gives an element of
// `result`.
template <typename Map, typename Read>
absl::Status ReadMap(const JsonValue& root, std::string_view name, Map& result, Read read) {
  const auto object = root.Member(name);
  if (!object) return absl::OkStatus();
  RETURN_IF_ERROR(object->ExpectObject());
  for (const auto& [key, ignored] : object->json().items()) {
    ASSIGN_OR_RETURN(const JsonValue value, object->RequiredMember(key));
    ASSIGN_OR_RETURN(result[key], read(value));
  }
  return absl::OkStatus();
}

absl::StatusOr<QuantizedActivation> ReadActivation(const JsonValue& value) {
  constexpr std::string_view kMembers[] = {"scale", "signed"};
  RETURN_IF_ERROR(ExpectOnly(value, kMembers));
  QuantizedActivation activation;
  ASSIGN_OR_RETURN(const JsonValue scale, value.RequiredMember("scale"));
  ASSIGN_OR_RETURN(const double number, scale.Number(0, FLT_MAX));
  activation.scale = static_cast<float>(number);
  ASSIGN_OR_RETURN(const JsonValue is_signed, value.RequiredMember("signed"));
  ASSIGN_OR_RETURN(activation.is_signed, is_signed.Boolean());
  return activation;
}

absl::StatusOr<std::vector<float>> ReadCorrection(const JsonValue& value) {
  if (!value.IsArray()) return value.Expected("an array of numbers");
  std::vector<float> correction(value.json().size());
  for (std::size_t i = 0; i < correction.size(); ++i) {
    ASSIGN_OR_RETURN(const double number, value.Element(i).Number(-FLT_MAX, FLT_MAX));
    correction[i] = static_cast<float>(number);
  }
  return correction;
}

absl::Status ReadFloatLayers(const JsonValue& root, std::set<std::string>& layers) {
  const auto array = root.Member("float_layers");
  if (!array) return absl::OkStatus();
  if (!array->IsArray()) return array->Expected("an array of names");
  for (std::size_t i = 0; i < array->json().size(); ++i) {
    ASSIGN_OR_RETURN(std::string name, array->Element(i).String());
    layers.insert(std::move(name));
  }
  return absl::OkStatus();
}

absl::StatusOr<Quantization> ReadDocument(const JsonValue& root) {
  constexpr std::string_view kMembers[] = {"version", "activations", "float_layers",
                                           "bias_corrections"};
  RETURN_IF_ERROR(root.ExpectObject());
  ASSIGN_OR_RETURN(const JsonValue version, root.RequiredMember("version"));
  RETURN_IF_ERROR(version.Integer(kVersion, kVersion).status());
  RETURN_IF_ERROR(ExpectOnly(root, kMembers));
  Quantization quantization;
  RETURN_IF_ERROR(ReadMap(root, "activations", quantization.activations, ReadActivation));
  if (quantization.activations.empty()) {
    return root.Error(
        "expected activations with scales, found none: nothing would compute in 8 "
        "bits");
  }
  RETURN_IF_ERROR(ReadFloatLayers(root, quantization.float_layers));
  RETURN_IF_ERROR(ReadMap(root, "bias_corrections", quantization.bias_corrections, ReadCorrection));
  return quantization;
}

}  // namespace

absl::StatusOr<std::optional<Quantization>> ReadQuantization(const std::string& model_dir,
                                                             const Graph& graph) {
  const std::string path = absl::StrCat(model_dir, "/", kQuantizationFile);
  const absl::StatusOr<nlohmann::json> document = ReadJsonFile(path);
  if (absl::IsNotFound(document.status())) return std::nullopt;
  RETURN_IF_ERROR(document.status());
  ASSIGN_OR_RETURN(Quantization quantization, ReadDocument(JsonValue(*document, path)));
  if (const absl::Status fits = CheckQuantization(graph, quantization); !fits.ok()) {
    return absl::Status(fits.code(), absl::StrCat(path, ": ", fits.message()));
  }
  return quantization;
}

absl::Status WriteQuantization(const std::string& model_dir, const Quantization& quantization) {
  using Json = nlohmann::ordered_json;
  const std::string path = absl::StrCat(model_dir, "/", kQuantizationFile);
  bool finite = true;
  const auto number = [&finite](float value) {
    finite = finite && std::isfinite(value);
    return Shortest(value);
  };
  Json activations = Json::object();
  for (const auto& [name, activation] : quantization.activations) {
    activations[name] = {{"scale", number(activation.scale)}, {"signed", activation.is_signed}};
  }
  Json corrections = Json::object();
  for (const auto& [name, correction] : quantization.bias_corrections) {
    Json values = Json::array();
    for (const float value : correction) values.push_back(number(value));
    corrections[name] = std::move(values);
  }
  if (!finite) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": expected finite scales and corrections, found others"));
  }
  const Json document = {{"version", kVersion},
                         {"activations", std::move(activations)},
                         {"float_layers", quantization.float_layers},
                         {"bias_corrections", std::move(corrections)}};
  return WriteFileAtomically(path, document.dump(1) + "\n");
}

}  // namespace avocet
