#include "engine/train/job/config_flags.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/check.h"
#include "engine/train/job/config_fields.h"

namespace avocet {
namespace {

using google::protobuf::FieldDescriptor;
using train::v1::Flag;

constexpr char kPositional[] = "data";

// The same checks as for a file: CLI11's own let "nan" and, for unsigned numbers, "-1" pass.
std::string Check(const FieldDescriptor& group, const FieldDescriptor& field,
                  const std::string& text) {
  train::v1::TrainingConfig scratch;
  const absl::Status status = SetField(group, field, text, scratch);
  return status.ok() ? FieldProblem(field, text) : std::string(status.message());
}

// The type in --help; empty: CLI11's own.
std::string ValueName(const FieldDescriptor& field, const Flag& flag) {
  if (flag.has_value_name()) return flag.value_name();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return "NAME";
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return "NUMBER";
    default:
      return "COUNT";
  }
}

}  // namespace

std::string FlagName(const FieldDescriptor& field) {
  if (field.name() == kPositional) return "DATA";
  std::string name = field.name();
  std::ranges::replace(name, '_', '-');
  return "--" + name;
}

ConfigFlags::ConfigFlags(CLI::App& app) {
  ForEachConfigField([&](const FieldDescriptor& group, const FieldDescriptor& field) {
    settings_.push_back({.group = &group, .field = &field});
    Add(app, settings_.back());
  });
}

void ConfigFlags::Add(CLI::App& app, Setting& setting) {
  const FieldDescriptor& field = *setting.field;
  const Flag& flag = field.options().GetExtension(train::v1::flag);
  const bool positional = field.name() == kPositional;
  const std::string name = positional ? kPositional : FlagName(field);
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_BOOL) {
    setting.option =
        app.add_flag(absl::StrCat(name, ",!--no-", name.substr(2)), setting.truth, flag.help());
  } else {
    setting.option = app.add_option(name, setting.text, flag.help());
    setting.option->type_name(ValueName(field, flag));
    setting.option->check([&setting](const std::string& text) {
      return Check(*setting.group, *setting.field, text);
    });
    if (flag.choices_size() > 0) {
      setting.option->type_name(absl::StrCat("{", absl::StrJoin(flag.choices(), ","), "}"));
    }
    if (field.has_default_value()) setting.option->default_str(DefaultText(field));
  }
  if (!positional) {
    setting.option->group(setting.group->options().GetExtension(train::v1::flag).help());
  }
}

train::v1::TrainingConfig ConfigFlags::Given() const {
  train::v1::TrainingConfig config;
  for (const Setting& setting : settings_) {
    if (setting.option->count() == 0) continue;
    const bool is_flag = setting.field->cpp_type() == FieldDescriptor::CPPTYPE_BOOL;
    const std::string text = is_flag ? (setting.truth ? "true" : "false") : setting.text;
    const absl::Status set = SetField(*setting.group, *setting.field, text, config);
    AVOCET_CHECK(set.ok());  // the parser has checked it
  }
  return config;
}

}  // namespace avocet
