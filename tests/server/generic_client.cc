#include "tests/server/generic_client.h"

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/slice.h>

#include <vector>

#include "engine/base/check.h"

namespace avocet::testing {
namespace {

// A message whose field `number` is the string `value`.
std::string StringField(int number, const std::string& value) {
  AVOCET_CHECK(value.size() < 128 && number < 16);
  std::string message;
  if (value.empty()) return message;
  message.push_back(static_cast<char>(number << 3 | 2));
  message.push_back(static_cast<char>(value.size()));
  return message + value;
}

// The enum in field 1 of a message that has nothing else; absent means 0.
ServingStatus StatusField(const std::string& message) {
  if (message.empty()) return ServingStatus::kUnknown;
  AVOCET_CHECK(message.size() == 2 && message[0] == (1 << 3));
  return static_cast<ServingStatus>(message[1]);
}

std::string AskReflection(const std::shared_ptr<grpc::Channel>& channel,
                          const std::string& request) {
  GenericCall call(channel, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
                   request);
  return call.Read().value_or("");
}

}  // namespace

GenericCall::GenericCall(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                         const std::string& request)
    : stub_(channel) {
  stream_ = stub_.PrepareCall(&context_, method, &queue_);
  stream_->StartCall(this);
  if (!Next()) return;
  const grpc::Slice slice(request);
  stream_->WriteLast(grpc::ByteBuffer(&slice, 1), grpc::WriteOptions(), this);
  Next();
}

GenericCall::~GenericCall() {
  if (!finished_) {
    Cancel();
    Finish();
  }
  queue_.Shutdown();
  while (Next()) {
  }
}

std::optional<std::string> GenericCall::Read() {
  grpc::ByteBuffer buffer;
  stream_->Read(&buffer, this);
  if (!Next()) return std::nullopt;
  std::vector<grpc::Slice> slices;
  AVOCET_CHECK(buffer.Dump(&slices).ok());
  std::string message;
  for (const grpc::Slice& slice : slices) {
    message.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return message;
}

grpc::Status GenericCall::Finish() {
  grpc::Status status;
  stream_->Finish(&status, this);
  Next();
  finished_ = true;
  return status;
}

bool GenericCall::Next() {
  void* tag = nullptr;
  bool ok = false;
  return queue_.Next(&tag, &ok) && ok;
}

std::optional<ServingStatus> CheckHealth(const std::shared_ptr<grpc::Channel>& channel,
                                         const std::string& service) {
  GenericCall call(channel, "/grpc.health.v1.Health/Check", StringField(1, service));
  const std::optional<std::string> answer = call.Read();
  const grpc::Status status = call.Finish();
  if (status.error_code() == grpc::StatusCode::NOT_FOUND) return std::nullopt;
  AVOCET_CHECK(status.ok() && answer);
  return StatusField(*answer);
}

HealthWatch::HealthWatch(const std::shared_ptr<grpc::Channel>& channel, const std::string& service)
    : call_(channel, "/grpc.health.v1.Health/Watch", StringField(1, service)) {}

std::optional<ServingStatus> HealthWatch::Next() {
  const std::optional<std::string> answer = call_.Read();
  if (!answer) return std::nullopt;
  return StatusField(*answer);
}

std::string ListServices(const std::shared_ptr<grpc::Channel>& channel) {
  // Field 7 of ServerReflectionRequest is list_services; its value is not looked at.
  return AskReflection(channel, StringField(7, "*"));
}

std::string DescribeSymbol(const std::shared_ptr<grpc::Channel>& channel,
                           const std::string& symbol) {
  // Field 4 of ServerReflectionRequest is file_containing_symbol.
  return AskReflection(channel, StringField(4, symbol));
}

}  // namespace avocet::testing
