// Who is let in with --tls-cert, --tls-key and --tls-client-ca.
#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/server/test_server.h"

namespace avocet::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// A certificate authority with a server's and a client's certificate, and a client's certificate of
// another authority.
class Tls : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new std::filesystem::path(std::filesystem::path(::testing::TempDir()) / "avocet_tls");
    std::filesystem::remove_all(*folder_);
    std::filesystem::create_directories(*folder_);
    MakeAuthority("ca");
    MakeAuthority("other_ca");
    MakeCertificate("server", "ca");
    MakeCertificate("client", "ca");
    MakeCertificate("stranger", "other_ca");
    std::ofstream(*folder_ / "text.pem") << "no certificate";
  }
  static void TearDownTestSuite() {
    std::filesystem::remove_all(*folder_);
    delete folder_;
  }

  static std::string Path(const std::string& name) { return (*folder_ / name).string(); }
  static std::string Read(const std::string& name) {
    std::ifstream file(*folder_ / name);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  static GrpcServerOptions Options(TlsFiles tls) {
    return {.address = "127.0.0.1", .port = 0, .tls = std::move(tls)};
  }
  static TlsFiles OneWay() {
    return {.certificate = Path("server.pem"), .key = Path("server.key"), .client_ca = ""};
  }
  static TlsFiles Mutual() {
    TlsFiles files = OneWay();
    files.client_ca = Path("ca.pem");
    return files;
  }

  static grpc::SslCredentialsOptions Trusting(const std::string& ca,
                                              const std::string& client = "") {
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = Read(ca + ".pem");
    if (!client.empty()) {
      options.pem_cert_chain = Read(client + ".pem");
      options.pem_private_key = Read(client + ".key");
    }
    return options;
  }

  static grpc::Status Call(const TestServer& server, const grpc::SslCredentialsOptions& options) {
    const auto channel = grpc::CreateChannel("localhost:" + std::to_string(server.server->port()),
                                             grpc::SslCredentials(options));
    grpc::ClientContext context;
    v1::Model model;
    return v1::Classifier::NewStub(channel)->GetModel(&context, {}, &model);
  }

  static absl::Status StartError(TlsFiles tls) {
    TestServer other;
    return GrpcServer::Start(Options(std::move(tls)), *other.service, {}).status();
  }

 private:
  static void Shell(const std::string& command) {
    ASSERT_EQ(std::system(("cd '" + folder_->string() + "' && " + command + " 2>log").c_str()), 0)
        << command << "\n"
        << Read("log");
  }
  static void MakeAuthority(const std::string& name) {
    Shell(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "
        "/CN=" +
        name + " -keyout " + name + ".key -out " + name + ".pem");
  }
  static void MakeCertificate(const std::string& name, const std::string& authority) {
    Shell("openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=" +
          name + " -keyout " + name + ".key -out " + name + ".csr");
    std::ofstream(*folder_ / "extensions") << "subjectAltName=DNS:localhost\n";
    Shell("openssl x509 -req -days 2 -in " + name + ".csr -CA " + authority + ".pem -CAkey " +
          authority + ".key -CAcreateserial -extfile extensions -out " + name + ".pem");
  }

  static inline std::filesystem::path* folder_ = nullptr;
};

TEST_F(Tls, LetsCallersInWhoTrustTheServer) {
  TestServer server({.grpc = Options(OneWay())});
  EXPECT_TRUE(Call(server, Trusting("ca")).ok());
  EXPECT_EQ(Call(server, Trusting("other_ca")).error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(Tls, KeepsPlainTextOut) {
  TestServer server({.grpc = Options(OneWay())});
  EXPECT_EQ(server.Classify({Picture(0)}).status.error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(Tls, AsksForAClientCertificateOfTheGivenAuthority) {
  TestServer server({.grpc = Options(Mutual())});
  EXPECT_TRUE(Call(server, Trusting("ca", "client")).ok());
  EXPECT_FALSE(Call(server, Trusting("ca")).ok());
  EXPECT_FALSE(Call(server, Trusting("ca", "stranger")).ok());
}

TEST_F(Tls, NamesTheFileThatCannotBeRead) {
  TlsFiles files = OneWay();
  files.certificate = Path("missing.pem");
  EXPECT_THAT(std::string(StartError(files).message()),
              AllOf(HasSubstr("--tls-cert"), HasSubstr("missing.pem"),
                    HasSubstr("No such file or directory")));
  files = Mutual();
  files.client_ca = Path("");
  EXPECT_THAT(std::string(StartError(files).message()), HasSubstr("--tls-client-ca"));
}

TEST_F(Tls, NamesTheFileThatIsNotPem) {
  TlsFiles files = OneWay();
  files.key = Path("text.pem");
  EXPECT_THAT(std::string(StartError(files).message()),
              AllOf(HasSubstr("--tls-key"), HasSubstr("text.pem"), HasSubstr("PEM")));
}

TEST_F(Tls, RefusesAKeyThatIsNotTheCertificates) {
  TlsFiles files = OneWay();
  files.key = Path("client.key");
  EXPECT_THAT(std::string(StartError(files).message()),
              AllOf(HasSubstr("server.pem"), HasSubstr("client.key")));
}

}  // namespace
}  // namespace avocet::testing
