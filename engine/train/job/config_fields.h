// The fields of a TrainingConfig, walked by reflection.
#ifndef AVOCET_ENGINE_TRAIN_JOB_CONFIG_FIELDS_H_
#define AVOCET_ENGINE_TRAIN_JOB_CONFIG_FIELDS_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "google/protobuf/descriptor.h"
#include "proto/training.pb.h"

namespace avocet {

// Calls visit(group, field) for every field of every group; `group` is the field of TrainingConfig
// that holds it.
void ForEachConfigField(
    const std::function<void(const google::protobuf::FieldDescriptor& group,
                             const google::protobuf::FieldDescriptor& field)>& visit);

bool HasField(const train::v1::TrainingConfig& config,
              const google::protobuf::FieldDescriptor& group,
              const google::protobuf::FieldDescriptor& field);
// As the text format writes it, without quotes.
std::string FieldText(const train::v1::TrainingConfig& config,
                      const google::protobuf::FieldDescriptor& group,
                      const google::protobuf::FieldDescriptor& field);
std::string DefaultText(const google::protobuf::FieldDescriptor& field);
// What is wrong with a value of the field, by its range or choices; empty: nothing.
std::string FieldProblem(const google::protobuf::FieldDescriptor& field, const std::string& text);
// INVALID_ARGUMENT if `text` is no value of the field's type.
absl::Status SetField(const google::protobuf::FieldDescriptor& group,
                      const google::protobuf::FieldDescriptor& field, const std::string& text,
                      train::v1::TrainingConfig& config);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_JOB_CONFIG_FIELDS_H_
