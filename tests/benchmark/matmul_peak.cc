// The machine's limit: operations a second of a large matrix product through oneDNN, weights packed
// as it likes them. See tests/benchmark/README.md.
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <map>
#include <string>
#include <unordered_map>

#include "CLI/CLI.hpp"
#include "absl/strings/str_format.h"
#include "dnnl.hpp"
#include "engine/onednn/team.h"
#include "tests/benchmark/timing.h"

namespace {

using DataType = dnnl::memory::data_type;

struct Types {
  DataType source, weights, result;
};

// A product of two square matrices, ready to run on the team it was made under.
class Product {
 public:
  Product(const Types& types, std::int64_t size) : engine_(dnnl::engine::kind::cpu, 0) {
    using Tag = dnnl::memory::format_tag;
    const dnnl::memory::dims shape = {size, size};
    const dnnl::matmul::primitive_desc description(engine_, {shape, types.source, Tag::ab},
                                                   {shape, types.weights, Tag::any},
                                                   {shape, types.result, Tag::ab});
    product_ = dnnl::matmul(description);
    arguments_ = {{DNNL_ARG_SRC, Zeros(description.src_desc())},
                  {DNNL_ARG_WEIGHTS, Zeros(description.weights_desc())},
                  {DNNL_ARG_DST, Zeros(description.dst_desc())}};
  }

  void Run() {
    product_.execute(stream_, arguments_);
    stream_.wait();
  }

 private:
  // The time of a product does not depend on the values, as long as they are no denormals.
  dnnl::memory Zeros(const dnnl::memory::desc& description) {
    dnnl::memory memory(description, engine_);
    std::memset(memory.get_data_handle(), 0, description.get_size());
    return memory;
  }

  dnnl::engine engine_;
  dnnl::stream stream_{engine_};
  dnnl::matmul product_;
  std::unordered_map<int, dnnl::memory> arguments_;
};

}  // namespace

int main(int argc, char** argv) {
  const std::map<std::string, Types> all = {
      {"f32", {DataType::f32, DataType::f32, DataType::f32}},
      {"bf16", {DataType::bf16, DataType::bf16, DataType::bf16}},
      {"int8", {DataType::u8, DataType::s8, DataType::s32}}};
  std::string precision = "f32";
  int threads = 2;
  std::int64_t size = 2048;
  double seconds = 2;
  bool interactive = false;
  CLI::App app("Measures operations a second of a square matrix product");
  app.add_option("--precision", precision, "f32, bf16 or int8")->check(CLI::IsMember(all));
  app.add_option("--threads", threads, "OpenMP threads")->check(CLI::PositiveNumber);
  app.add_option("--size", size, "rows and columns of each matrix")->check(CLI::PositiveNumber);
  app.add_option("--seconds", seconds, "how long to measure");
  app.add_flag("--interactive", interactive,
               "measure once for every line on standard input, a number of seconds; talk JSON");
  CLI11_PARSE(app, argc, argv);

  const avocet::ScopedTeam team(threads);
  const double operations = 2.0 * static_cast<double>(size * size * size);
  try {
    Product product(all.at(precision), size);
    const auto measure = [&](double duration) {
      return avocet::MeasureRuns([&] { product.Run(); }, duration, /*least_runs=*/2);
    };
    if (interactive) {
      const std::string ready =
          absl::StrFormat(R"({"ready": true, "operations": %.0f})", operations);
      const absl::Status status = avocet::AnswerRequests(std::cin, std::cout, ready, measure);
      if (status.ok()) return 0;
      std::cerr << status.message() << "\n";
      return 2;
    }
    const avocet::Timing timing = measure(seconds);
    std::printf("%s %lld^3, %d threads: %.0f Gop/s at the least, %.0f at the median\n",
                precision.c_str(), static_cast<long long>(size), threads,
                operations / timing.least * 1e-9, operations / timing.median * 1e-9);
    return 0;
  } catch (const dnnl::error& error) {
    std::fprintf(stderr, "oneDNN cannot multiply %s matrices of %lld rows here: %s\n",
                 precision.c_str(), static_cast<long long>(size), error.what());
    return 1;
  }
}
