#include "engine/train/job/config_fields.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace avocet {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using train::v1::Flag;
using train::v1::TrainingConfig;

std::string NumberText(double value) {
  // The shortest text that reads back the same.
  for (int digits = 6; digits <= 17; ++digits) {
    char text[32];
    std::snprintf(text, sizeof(text), "%.*g", digits, value);
    double back = 0;
    if (absl::SimpleAtod(text, &back) && back == value) return text;
  }
  return std::to_string(value);
}

}  // namespace

void ForEachConfigField(
    const std::function<void(const FieldDescriptor& group, const FieldDescriptor& field)>& visit) {
  const google::protobuf::Descriptor& config = *TrainingConfig::descriptor();
  for (int g = 0; g < config.field_count(); ++g) {
    const FieldDescriptor& group = *config.field(g);
    for (int f = 0; f < group.message_type()->field_count(); ++f) {
      visit(group, *group.message_type()->field(f));
    }
  }
}

bool HasField(const TrainingConfig& config, const FieldDescriptor& group,
              const FieldDescriptor& field) {
  const Message& message = config.GetReflection()->GetMessage(config, &group);
  return message.GetReflection()->HasField(message, &field);
}

std::string FieldText(const TrainingConfig& config, const FieldDescriptor& group,
                      const FieldDescriptor& field) {
  const Message& message = config.GetReflection()->GetMessage(config, &group);
  const Reflection& reflection = *message.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return absl::StrCat(reflection.GetInt32(message, &field));
    case FieldDescriptor::CPPTYPE_UINT64:
      return absl::StrCat(reflection.GetUInt64(message, &field));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return NumberText(reflection.GetDouble(message, &field));
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection.GetBool(message, &field) ? "true" : "false";
    default:
      return reflection.GetString(message, &field);
  }
}

std::string DefaultText(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return absl::StrCat(field.default_value_int32());
    case FieldDescriptor::CPPTYPE_UINT64:
      return absl::StrCat(field.default_value_uint64());
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return NumberText(field.default_value_double());
    case FieldDescriptor::CPPTYPE_BOOL:
      return field.default_value_bool() ? "true" : "false";
    default:
      return field.default_value_string();
  }
}

std::string FieldProblem(const FieldDescriptor& field, const std::string& text) {
  const Flag& flag = field.options().GetExtension(train::v1::flag);
  if (flag.choices_size() > 0 && std::ranges::find(flag.choices(), text) == flag.choices().end()) {
    return absl::StrCat("expected one of ", absl::StrJoin(flag.choices(), ", "), ", found \"", text,
                        "\"");
  }
  double value = 0;
  if ((!flag.has_min() && !flag.has_max()) || !absl::SimpleAtod(text, &value)) return "";
  // Not a number fails both comparisons.
  if ((!flag.has_min() || value >= flag.min()) && (!flag.has_max() || value <= flag.max())) {
    return "";
  }
  return absl::StrCat("expected a number from ", NumberText(flag.min()), " to ",
                      NumberText(flag.max()), ", found ", text);
}

absl::Status SetField(const FieldDescriptor& group, const FieldDescriptor& field,
                      const std::string& text, TrainingConfig& config) {
  Message& message = *config.GetReflection()->MutableMessage(&config, &group);
  const Reflection& reflection = *message.GetReflection();
  bool ok = true;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32: {
      std::int32_t value = 0;
      ok = absl::SimpleAtoi(text, &value);
      if (ok) reflection.SetInt32(&message, &field, value);
      break;
    }
    case FieldDescriptor::CPPTYPE_UINT64: {
      std::uint64_t value = 0;
      ok = absl::SimpleAtoi(text, &value);
      if (ok) reflection.SetUInt64(&message, &field, value);
      break;
    }
    case FieldDescriptor::CPPTYPE_DOUBLE: {
      double value = 0;
      ok = absl::SimpleAtod(text, &value);
      if (ok) reflection.SetDouble(&message, &field, value);
      break;
    }
    case FieldDescriptor::CPPTYPE_BOOL:
      ok = text == "true" || text == "false";
      if (ok) reflection.SetBool(&message, &field, text == "true");
      break;
    default:
      reflection.SetString(&message, &field, text);
  }
  if (ok) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(field.name(), ": cannot be \"", text, "\""));
}

}  // namespace avocet
