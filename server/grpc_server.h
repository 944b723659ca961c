// The gRPC port: our service, health and reflection.
#ifndef AVOCET_SERVER_GRPC_SERVER_H_
#define AVOCET_SERVER_GRPC_SERVER_H_

#include <grpcpp/server.h>

#include <memory>
#include <span>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "server/credentials.h"

namespace avocet {

struct GrpcServerOptions {
  std::string address = "0.0.0.0";  // IPv4, IPv6 without brackets, or a name
  int port = 50051;                 // 0: any free one
  int max_message_bytes = 64 << 20;
  bool reflection = true;
  TlsFiles tls = {};
};

// Thread-safe.
class GrpcServer {
 public:
  // Listens at once; health says NOT_SERVING, for the server (""), for `service` and for each of
  // `model_names`, until `SetServing`. `service` outlives this object. Errors: UNAVAILABLE when the
  // port cannot be had, INVALID_ARGUMENT for TLS files.
  static absl::StatusOr<std::unique_ptr<GrpcServer>> Start(
      const GrpcServerOptions& options, grpc::Service& service,
      std::span<const std::string> model_names);

  // Shuts down.
  ~GrpcServer();

  // The port in use.
  int port() const { return port_; }

  // What health says from now on.
  void SetServing(bool serving);
  // What health says of one model, whether it was known at the start or not.
  void SetModelServing(const std::string& name, bool serving);

  // Closes the port and ends what is still open (health watches for the most part). Blocks until no
  // handler runs.
  void Shutdown();

 private:
  GrpcServer(std::unique_ptr<grpc::Server> server, int port)
      : server_(std::move(server)), port_(port) {}

  const std::unique_ptr<grpc::Server> server_;
  const int port_;
};

}  // namespace avocet

#endif  // AVOCET_SERVER_GRPC_SERVER_H_
