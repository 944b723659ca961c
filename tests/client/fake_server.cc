#include "tests/client/fake_server.h"

#include <algorithm>
#include <chrono>

#include <grpcpp/ext/health_check_service_server_builder_option.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/server_builder.h>

#include "engine/base/check.h"

namespace avocet {

FakeServer::FakeServer(Handler handler, std::shared_ptr<grpc::ServerCredentials> credentials)
    : service_(std::move(handler)) {
  if (credentials == nullptr) credentials = grpc::InsecureServerCredentials();
  grpc::EnableDefaultHealthCheckService(true);
  grpc::ServerBuilder builder;
  builder.AddListeningPort("localhost:0", credentials, &port_);
  builder.SetMaxReceiveMessageSize(-1);
  builder.RegisterService(&service_);
  server_ = builder.BuildAndStart();
  AVOCET_CHECK(server_ != nullptr && port_ != 0);
}

FakeServer::~FakeServer() { server_->Shutdown(std::chrono::system_clock::now()); }

grpc::Status FakeServer::Answer(grpc::ServerContext&, const v1::ClassifyRequest& request,
                                v1::ClassifyResponse& response) {
  response.set_model("fake");
  response.set_version(3);
  for (const std::string& image : request.images()) {
    v1::ImageResult& result = *response.add_results();
    if (image == "bad") {
      result.mutable_error()->set_code(static_cast<int>(grpc::StatusCode::INVALID_ARGUMENT));
      result.mutable_error()->set_message("expected an image, found \"bad\"");
      continue;
    }
    for (int i = 0; i < std::max(1, request.top_k()); ++i) {
      v1::ClassScore& score = *result.mutable_classification()->add_classes();
      score.set_index(i);
      score.set_label(i == 0 ? image : "class " + std::to_string(i));
      score.set_probability(i == 0 ? 0.9f : 0.01f);
    }
    result.mutable_timings()->mutable_decode()->set_nanos(2'500'000);
    result.mutable_timings()->set_batch_size(4);
  }
  return grpc::Status::OK;
}

v1::ClassifyRequest FakeServer::last_request() const {
  std::lock_guard lock(service_.mutex);
  return service_.last_request;
}

void FakeServer::SetServing(const std::string& service, bool serving) {
  server_->GetHealthCheckService()->SetServingStatus(service, serving);
}

grpc::Status FakeServer::Service::Classify(grpc::ServerContext* context,
                                           const v1::ClassifyRequest* request,
                                           v1::ClassifyResponse* response) {
  ++calls;
  {
    std::lock_guard lock(mutex);
    last_request = *request;
  }
  return handler(*context, *request, *response);
}

grpc::Status FakeServer::Service::ListModels(grpc::ServerContext*, const v1::ListModelsRequest*,
                                             v1::ListModelsResponse* response) {
  v1::Model& model = *response->add_models();
  model.set_name("fake");
  model.set_version(3);
  model.set_architecture("tf_efficientnet_lite0");
  model.set_input_height(224);
  model.set_input_width(240);
  model.set_num_classes(1000);
  model.set_parameter_count(4'650'000);
  model.set_is_default(true);
  model.set_precision("bfloat16");
  return grpc::Status::OK;
}

}  // namespace avocet
