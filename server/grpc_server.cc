#include "server/grpc_server.h"

#include <google/protobuf/message.h>
#include <grpc/grpc.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/impl/server_builder_option.h>
#include <grpcpp/server_builder.h>

#include <chrono>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/status.h"
#include "proto/classifier.grpc.pb.h"
#include "proto/health.pb.h"
#include "server/listen_address.h"

namespace avocet {
namespace {

// Switches reflection for one server. gRPC's own switch is for the whole process, and on as soon as
// the library is linked.
class SetReflection : public grpc::ServerBuilderOption {
 public:
  explicit SetReflection(bool on) : on_(on) {
    // gRPC's health service comes without its descriptor, which tools ask reflection for.
    google::protobuf::LinkMessageReflection<grpc::health::v1::HealthCheckRequest>();
  }

  void UpdateArguments(grpc::ChannelArguments* /*arguments*/) override {}
  void UpdatePlugins(std::vector<std::unique_ptr<grpc::ServerBuilderPlugin>>* plugins) override {
    auto reflection = std::make_unique<grpc::reflection::ProtoServerReflectionPlugin>();
    std::erase_if(*plugins,
                  [&](const auto& plugin) { return plugin->name() == reflection->name(); });
    if (on_) plugins->push_back(std::move(reflection));
  }

 private:
  const bool on_;
};

absl::Status CannotListen(const GrpcServerOptions& options) {
  const std::string where = JoinAddress(options.address, options.port);
  const std::string reason = WhyNotListen(options.address, options.port);
  if (reason.empty() && !options.tls.certificate.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("gRPC refused the TLS files: expected a certificate chain in ",
                     options.tls.certificate, " and its private key in ", options.tls.key));
  }
  return absl::UnavailableError(absl::StrCat("gRPC: cannot listen on ", where, ": ",
                                             reason.empty() ? "unknown reason" : reason,
                                             " (--address, --port)"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<GrpcServer>> GrpcServer::Start(
    const GrpcServerOptions& options, grpc::Service& service,
    std::span<const std::string> model_names) {
  ASSIGN_OR_RETURN(const std::shared_ptr<grpc::ServerCredentials> credentials,
                   MakeCredentials(options.tls));
  grpc::EnableDefaultHealthCheckService(true);
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort(JoinAddress(options.address, options.port), credentials, &port);
  // Otherwise a second server on the same port would start, and take half of the calls.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.SetMaxReceiveMessageSize(options.max_message_bytes);
  builder.SetOption(std::make_unique<SetReflection>(options.reflection));
  // Reflection is the only service with a thread pool; it answers a few calls in a server's life.
  builder.SetSyncServerOption(grpc::ServerBuilder::NUM_CQS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, 1);
  builder.RegisterService(&service);
  std::unique_ptr<grpc::Server> grpc_server = builder.BuildAndStart();
  if (grpc_server == nullptr || port == 0) return CannotListen(options);

  std::unique_ptr<GrpcServer> server(new GrpcServer(std::move(grpc_server), port));
  grpc::HealthCheckServiceInterface* const health = server->server_->GetHealthCheckService();
  AVOCET_CHECK(health != nullptr);
  health->SetServingStatus("", false);
  health->SetServingStatus(v1::Classifier::service_full_name(), false);
  for (const std::string& name : model_names) health->SetServingStatus(name, false);
  return server;
}

GrpcServer::~GrpcServer() { Shutdown(); }

void GrpcServer::SetServing(bool serving) {
  server_->GetHealthCheckService()->SetServingStatus(serving);
}

void GrpcServer::SetModelServing(const std::string& name, bool serving) {
  server_->GetHealthCheckService()->SetServingStatus(name, serving);
}

void GrpcServer::Shutdown() {
  // Long enough to hand the last answers to the network; open watches are cancelled after it.
  server_->Shutdown(std::chrono::system_clock::now() + std::chrono::milliseconds(100));
}

}  // namespace avocet
