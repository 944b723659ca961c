#include "engine/onednn/precision_speed.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <limits>
#include <unordered_map>

#include "absl/strings/str_cat.h"
#include "dnnl.hpp"
#include "engine/onednn/team.h"

namespace avocet {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::int64_t kRows = 768;
constexpr int kRuns = 5;
// Tensors of half the size are worth a little arithmetic.
constexpr double kTolerated = 1.1;

dnnl::memory Zeros(const dnnl::memory::desc& description, const dnnl::engine& engine) {
  dnnl::memory memory(description, engine);
  std::memset(memory.get_data_handle(), 0, description.get_size());
  return memory;
}

double Measure(dnnl::memory::data_type type) {
  using Tag = dnnl::memory::format_tag;
  const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  dnnl::stream stream(engine);
  const dnnl::memory::dims shape = {kRows, kRows};
  const dnnl::matmul::primitive_desc description(engine, {shape, type, Tag::ab},
                                                 {shape, type, Tag::any}, {shape, type, Tag::ab});
  const dnnl::matmul product(description);
  const std::unordered_map<int, dnnl::memory> arguments = {
      {DNNL_ARG_SRC, Zeros(description.src_desc(), engine)},
      {DNNL_ARG_WEIGHTS, Zeros(description.weights_desc(), engine)},
      {DNNL_ARG_DST, Zeros(description.dst_desc(), engine)}};
  double least = std::numeric_limits<double>::infinity();
  for (int run = 0; run < kRuns; ++run) {
    const Clock::time_point start = Clock::now();
    product.execute(stream, arguments);
    stream.wait();
    least = std::min(least, std::chrono::duration<double>(Clock::now() - start).count());
  }
  return least;
}

}  // namespace

absl::StatusOr<double> MatrixProductSeconds(Precision precision, int threads) {
  using Type = dnnl::memory::data_type;
  const ScopedTeam team(threads);
  try {
    return Measure(precision == Precision::kBFloat16 ? Type::bf16 : Type::f32);
  } catch (const dnnl::error& error) {
    return absl::InternalError(absl::StrCat("oneDNN, a product of matrices: ", error.what()));
  }
}

Precision FasterPrecision(double float32_seconds, double bfloat16_seconds) {
  return bfloat16_seconds <= kTolerated * float32_seconds ? Precision::kBFloat16
                                                          : Precision::kFloat32;
}

Precision FasterPrecision(int threads) {
  if (!HasBFloat16Instructions()) return Precision::kFloat32;
  const absl::StatusOr<double> float32 = MatrixProductSeconds(Precision::kFloat32, threads);
  const absl::StatusOr<double> bfloat16 = MatrixProductSeconds(Precision::kBFloat16, threads);
  if (!float32.ok() || !bfloat16.ok()) return Precision::kFloat32;
  return FasterPrecision(*float32, *bfloat16);
}

}  // namespace avocet
