// What Classifier::Create accepts and refuses, and TLS.
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/classifier.h"
#include "tests/checkpoint/temporary_folder.h"
#include "tests/client/fake_server.h"

namespace avocet {
namespace {

using testing::HasSubstr;

std::string Refusal(ClassifierOptions options) {
  const auto client = Classifier::Create(std::move(options));
  return client.ok() ? "accepted" : std::string(client.status().message());
}

TEST(ClassifierOptions, NamesTheOptionThatIsOutOfRange) {
  EXPECT_THAT(Refusal({.deadline = std::chrono::milliseconds(0)}), HasSubstr("deadline"));
  EXPECT_THAT(Refusal({.max_message_bytes = 0}), HasSubstr("max_message_bytes"));
  EXPECT_THAT(Refusal({.max_message_bytes = int64_t{1} << 31}), HasSubstr("max_message_bytes"));
  EXPECT_THAT(Refusal({.retry = {.max_attempts = 0}}), HasSubstr("retry.max_attempts"));
  EXPECT_THAT(Refusal({.retry = {.multiplier = 0.5}}), HasSubstr("retry.multiplier"));
  EXPECT_THAT(Refusal({.retry = {.jitter = 1.5}}), HasSubstr("retry.jitter"));
  EXPECT_THAT(Refusal({.retry = {.initial_backoff = std::chrono::seconds(9)}}),
              HasSubstr("initial_backoff <= max_backoff"));
}

TEST(ClassifierOptions, RefusesTargetsWithoutAPort) {
  for (const char* target : {"", "localhost", "localhost:", ":50051", "localhost:http",
                             "localhost:0", "localhost:65536", "::1", "::1:50051"}) {
    EXPECT_THAT(Refusal({.target = target}), HasSubstr("expected HOST:PORT")) << target;
  }
  for (const char* target : {"localhost:50051", "[::1]:50051", "dns:///localhost:50051",
                             "unix:/tmp/avocet.sock", "ipv4:127.0.0.1:50051"}) {
    EXPECT_EQ(Refusal({.target = target}), "accepted") << target;
  }
}

class Tls : public testing::Test {
 protected:
  std::string Path(const std::string& name) const { return folder_.path() + "/" + name; }

  // A certificate for the host "avocet.test", signed by itself.
  void MakeCertificate() const {
    const std::string command =
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=avocet.test "
        "-addext subjectAltName=DNS:avocet.test -keyout " +
        Path("key.pem") + " -out " + Path("cert.pem") + " 2>/dev/null";
    ASSERT_EQ(std::system(command.c_str()), 0) << "needs openssl";
  }

  std::string Read(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(Path(name)).rdbuf();
    return text.str();
  }

  const TemporaryFolder folder_;
};

TEST_F(Tls, NamesTheFileThatCannotBeUsed) {
  EXPECT_THAT(Refusal({.tls = TlsOptions{.ca_file = Path("no.pem")}}),
              testing::AllOf(HasSubstr(Path("no.pem")), HasSubstr("No such file")));
  EXPECT_THAT(
      Refusal({.tls = TlsOptions{.ca_file = folder_.Write("text.pem", "not a certificate")}}),
      testing::AllOf(HasSubstr("text.pem"), HasSubstr("expected PEM")));
  EXPECT_THAT(Refusal({.tls = TlsOptions{.ca_file = folder_.Write("empty.pem", "")}}),
              HasSubstr("empty"));
  EXPECT_THAT(Refusal({.tls = TlsOptions{.ca_file = folder_.path()}}),
              HasSubstr("found a directory"));
}

TEST_F(Tls, NeedsCertificateAndKeyTogether) {
  EXPECT_THAT(Refusal({.tls = TlsOptions{.cert_file = "cert.pem"}}),
              HasSubstr("found only the certificate \"cert.pem\""));
  EXPECT_THAT(Refusal({.tls = TlsOptions{.key_file = "key.pem"}}),
              HasSubstr("found only the key \"key.pem\""));
}

TEST_F(Tls, ConnectsWhenTheServersCertificateIsTrustedAndNamed) {
  ASSERT_NO_FATAL_FAILURE(MakeCertificate());
  grpc::SslServerCredentialsOptions ssl(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  ssl.pem_root_certs = Read("cert.pem");
  ssl.pem_key_cert_pairs = {{Read("key.pem"), Read("cert.pem")}};
  const FakeServer server(FakeServer::Answer, grpc::SslServerCredentials(ssl));
  const auto classify = [&server](const TlsOptions& tls) {
    auto client =
        Classifier::Create({.target = server.address(), .tls = tls, .retry = {.max_attempts = 1}});
    return client.ok() ? (*client)->Classify({"cat"}).status() : client.status();
  };
  const TlsOptions mutual = {.ca_file = Path("cert.pem"),
                             .cert_file = Path("cert.pem"),
                             .key_file = Path("key.pem"),
                             .server_name = "avocet.test"};
  EXPECT_EQ(classify(mutual), absl::OkStatus());
  TlsOptions wrong_name = mutual;
  wrong_name.server_name = "";
  EXPECT_EQ(classify(wrong_name).code(), absl::StatusCode::kUnavailable);
  TlsOptions no_certificate = mutual;
  no_certificate.cert_file = no_certificate.key_file = "";
  EXPECT_EQ(classify(no_certificate).code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace avocet
