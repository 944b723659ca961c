#include "server/precision_policy.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"

namespace avocet {
namespace {

// `name` is what precision the whole argument `text` asks for.
absl::StatusOr<WantedPrecision> ParseWanted(std::string_view name, std::string_view text) {
  if (name == "auto") return std::nullopt;
  const absl::StatusOr<Precision> precision = ParsePrecision(name);
  if (precision.ok()) return *precision;
  return absl::InvalidArgumentError(
      absl::StrCat("expected auto, float32, bfloat16 or int8, or a model's name, = and one of "
                   "these; found \"",
                   std::string(text), "\""));
}

}  // namespace

WantedPrecision PrecisionPolicy::For(const std::string& model) const {
  const auto found = of_model.find(model);
  return found == of_model.end() ? of_all : found->second;
}

absl::Status AddPrecision(std::string_view text, PrecisionPolicy& policy) {
  // The last one, since a model's name may have others.
  const size_t equals = text.rfind('=');
  if (equals == std::string_view::npos) {
    ASSIGN_OR_RETURN(policy.of_all, ParseWanted(text, text));
    return absl::OkStatus();
  }
  const std::string name(text.substr(0, equals));
  if (name.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected a model's name before =, found \"", std::string(text), "\""));
  }
  ASSIGN_OR_RETURN(policy.of_model[name], ParseWanted(text.substr(equals + 1), text));
  return absl::OkStatus();
}

absl::StatusOr<AllowedPrecisions> AllowPrecisions(WantedPrecision wanted,
                                                  const PrecisionConditions& conditions) {
  constexpr char kNoBFloat16[] = "this CPU has no bfloat16 instructions";
  AllowedPrecisions allowed;
  if (!wanted) {
    allowed.precisions.push_back(Precision::kFloat32);
    if (conditions.has_bfloat16_instructions) {
      allowed.precisions.push_back(Precision::kBFloat16);
    } else {
      allowed.note = absl::StrCat(kNoBFloat16, ": that precision is not considered");
    }
    if (conditions.has_quantization) allowed.precisions.push_back(Precision::kInt8);
    return allowed;
  }
  if (*wanted == Precision::kInt8 && !conditions.has_quantization) {
    return absl::InvalidArgumentError(
        "expected a model with a quantization for int8, found one without; avocet-model quantize "
        "makes one");
  }
  if (*wanted == Precision::kBFloat16 && !conditions.has_bfloat16_instructions) {
    allowed.precisions.push_back(Precision::kFloat32);
    allowed.note =
        absl::StrCat(kNoBFloat16, ": computing in float32 instead, which is faster here");
    return allowed;
  }
  allowed.precisions.push_back(*wanted);
  return allowed;
}

}  // namespace avocet
