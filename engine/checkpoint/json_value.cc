#include "engine/checkpoint/json_value.h"

#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"

namespace avocet {
namespace {

absl::string_view View(std::string_view text) { return {text.data(), text.size()}; }

// Short scalars are shown as they are, anything else by its type.
std::string Describe(const nlohmann::json& value) {
  constexpr std::size_t kShown = 60;
  if (value.is_object()) return absl::StrCat("an object of ", value.size());
  if (value.is_array()) return absl::StrCat("an array of ", value.size());
  const std::string text = value.dump();
  return text.size() <= kShown ? text : std::string("a longer ") + value.type_name();
}

}  // namespace

std::optional<JsonValue> JsonValue::Member(std::string_view key) const {
  const auto found = value_->find(key);
  if (found == value_->end() || found->is_null()) return std::nullopt;
  return JsonValue(*found, file_, absl::StrCat(path_, path_.empty() ? "" : ".", View(key)));
}

absl::StatusOr<JsonValue> JsonValue::RequiredMember(std::string_view key) const {
  std::optional<JsonValue> member = Member(key);
  if (member) return *std::move(member);
  return Error(absl::StrCat("\"", View(key), "\" is missing"));
}

JsonValue JsonValue::Element(std::size_t index) const {
  return JsonValue((*value_)[index], file_, absl::StrCat(path_, "[", index, "]"));
}

absl::Status JsonValue::ExpectObject() const {
  return value_->is_object() ? absl::OkStatus() : Expected("an object");
}

absl::Status JsonValue::ExpectArray(std::size_t size) const {
  if (value_->is_array() && value_->size() == size) return absl::OkStatus();
  return Expected(absl::StrCat("an array of ", size));
}

absl::StatusOr<std::string> JsonValue::String() const {
  if (!value_->is_string()) return Expected("a string");
  return value_->get<std::string>();
}

absl::StatusOr<bool> JsonValue::Boolean() const {
  if (!value_->is_boolean()) return Expected("true or false");
  return value_->get<bool>();
}

absl::StatusOr<int> JsonValue::Integer(int minimum, int maximum) const {
  // Numbers above 2^63 arrive as unsigned ones and must not wrap.
  const bool fits = value_->is_number_integer() &&
                    (!value_->is_number_unsigned() ||
                     value_->get<std::uint64_t>() <= static_cast<std::uint64_t>(INT64_MAX));
  if (fits) {
    const auto number = value_->get<std::int64_t>();
    if (number >= minimum && number <= maximum) return static_cast<int>(number);
  }
  return Expected(absl::StrCat("an integer from ", minimum, " to ", maximum));
}

absl::StatusOr<double> JsonValue::Number(double above, double maximum) const {
  if (value_->is_number()) {
    const double number = value_->get<double>();
    if (std::isfinite(number) && number > above && number <= maximum) return number;
  }
  return Expected(absl::StrCat("a number above ", above, " and at most ", maximum));
}

absl::Status JsonValue::Expected(std::string_view expected) const {
  return Error(absl::StrCat("expected ", View(expected), ", found ", Describe(*value_)));
}

absl::Status JsonValue::Error(std::string_view problem) const {
  return absl::InvalidArgumentError(
      absl::StrCat(file_, ": ", path_, path_.empty() ? "" : ": ", View(problem)));
}

}  // namespace avocet
