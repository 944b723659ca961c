// A server in this process that answers as a test wants.
#ifndef AVOCET_TESTS_CLIENT_FAKE_SERVER_H_
#define AVOCET_TESTS_CLIENT_FAKE_SERVER_H_

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_context.h>

#include "proto/classifier.grpc.pb.h"

namespace avocet {

// Listens on a free port of the loopback interface until it is destroyed.
class FakeServer {
 public:
  using Handler = std::function<grpc::Status(grpc::ServerContext&, const v1::ClassifyRequest&,
                                             v1::ClassifyResponse&)>;

  explicit FakeServer(Handler handler = Answer,
                      std::shared_ptr<grpc::ServerCredentials> credentials = nullptr);
  ~FakeServer();

  // The default handler, model "fake" version 3: an image's text is the label of its first class,
  // at 90 %; the other classes are "class 1", "class 2" and so on. The text "bad" is an image
  // error.
  static grpc::Status Answer(grpc::ServerContext& context, const v1::ClassifyRequest& request,
                             v1::ClassifyResponse& response);

  std::string address() const { return "localhost:" + std::to_string(port_); }
  int calls() const { return service_.calls; }
  v1::ClassifyRequest last_request() const;
  void SetServing(const std::string& service, bool serving);

 private:
  class Service final : public v1::Classifier::Service {
   public:
    explicit Service(Handler wanted) : handler(std::move(wanted)) {}
    grpc::Status Classify(grpc::ServerContext* context, const v1::ClassifyRequest* request,
                          v1::ClassifyResponse* response) override;
    grpc::Status ListModels(grpc::ServerContext* context, const v1::ListModelsRequest* request,
                            v1::ListModelsResponse* response) override;

    const Handler handler;
    std::atomic<int> calls = 0;
    mutable std::mutex mutex;
    v1::ClassifyRequest last_request;
  };

  Service service_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace avocet

#endif  // AVOCET_TESTS_CLIENT_FAKE_SERVER_H_
