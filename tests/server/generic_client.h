// Calls to services whose generated code the distribution does not ship: health and reflection.
// Both need so little of the protobuf encoding that it is written by hand here.
#ifndef AVOCET_TESTS_SERVER_GENERIC_CLIENT_H_
#define AVOCET_TESTS_SERVER_GENERIC_CLIENT_H_

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/status.h>

#include <memory>
#include <optional>
#include <string>

namespace avocet::testing {

// One call with streams in both directions, message by message. A unary call and a stream of
// answers look the same on the wire.
class GenericCall {
 public:
  GenericCall(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
              const std::string& request);
  ~GenericCall();

  // The next answer; nullopt when there are no more.
  std::optional<std::string> Read();
  // After the last answer.
  grpc::Status Finish();
  void Cancel() { context_.TryCancel(); }

 private:
  bool Next();

  grpc::GenericStub stub_;
  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream_;
  bool finished_ = false;
};

// ServingStatus of grpc.health.v1.
enum class ServingStatus { kUnknown = 0, kServing = 1, kNotServing = 2, kServiceUnknown = 3 };

// grpc.health.v1.Health/Check; nullopt when the service is not known (NOT_FOUND).
std::optional<ServingStatus> CheckHealth(const std::shared_ptr<grpc::Channel>& channel,
                                         const std::string& service);

// grpc.health.v1.Health/Watch.
class HealthWatch {
 public:
  HealthWatch(const std::shared_ptr<grpc::Channel>& channel, const std::string& service);
  // Waits for the next change; nullopt when the server ended the watch.
  std::optional<ServingStatus> Next();

 private:
  GenericCall call_;
};

// The answer of reflection to "list services", as it is encoded; empty when there is no reflection.
std::string ListServices(const std::shared_ptr<grpc::Channel>& channel);

// The answer of reflection to "which file defines `symbol`": the encoded descriptor of that file,
// or of an error.
std::string DescribeSymbol(const std::shared_ptr<grpc::Channel>& channel,
                           const std::string& symbol);

}  // namespace avocet::testing

#endif  // AVOCET_TESTS_SERVER_GENERIC_CLIENT_H_
