// Flags of avocet-train, made from the fields of its configuration.
#ifndef AVOCET_ENGINE_TRAIN_JOB_CONFIG_FLAGS_H_
#define AVOCET_ENGINE_TRAIN_JOB_CONFIG_FLAGS_H_

#include <CLI/CLI.hpp>
#include <deque>
#include <string>

#include "google/protobuf/descriptor.h"
#include "proto/training.pb.h"

namespace avocet {

// Adds to `app` the positional DATA and a flag for every other field, grouped as the messages are.
// Values are checked against the ranges and choices of the fields. Lives until the last call.
class ConfigFlags {
 public:
  explicit ConfigFlags(CLI::App& app);

  // After parsing: the configuration with just those fields that the command line set.
  train::v1::TrainingConfig Given() const;

 private:
  struct Setting {
    const google::protobuf::FieldDescriptor* group;
    const google::protobuf::FieldDescriptor* field;
    CLI::Option* option = nullptr;
    std::string text = {};
    bool truth = false;
  };
  void Add(CLI::App& app, Setting& setting);

  std::deque<Setting> settings_;  // addresses stay
};

// "--batch-size"; "DATA" for the positional argument.
std::string FlagName(const google::protobuf::FieldDescriptor& field);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_JOB_CONFIG_FLAGS_H_
