// Time from an encoded picture to a network's input, on one thread.
//
//   image_benchmark [--benchmark_filter=astronaut]
//
// The argument of each benchmark is the network's input side.
#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "engine/image/decode.h"
#include "engine/image/preprocessor.h"

namespace avocet {
namespace {

[[noreturn]] void Fail(const std::string& message) {
  std::fprintf(stderr, "image_benchmark: %s\n", message.c_str());
  std::exit(1);
}

std::string ReadPhoto(const std::string& name) {
  const std::string path = std::string(AVOCET_TEST_DATA) + "/photos/" + name;
  std::ifstream file(path, std::ios::binary);
  if (!file) Fail("cannot read " + path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void MustDecode(const std::string& encoded, Image* image) {
  const absl::Status status = Decode(encoded, DecodeOptions(), image);
  if (!status.ok()) Fail(status.ToString());
}

Preprocessor MakePreprocessor(int side, Interpolation interpolation) {
  PreprocessConfig config;
  config.height = config.width = side;
  config.interpolation = interpolation;
  auto preprocessor = Preprocessor::Create(config);
  if (!preprocessor.ok()) Fail(preprocessor.status().ToString());
  return *std::move(preprocessor);
}

std::vector<float> InputOf(std::int64_t side) {
  return std::vector<float>(static_cast<std::size_t>(3 * side * side));
}

void BM_Decode(benchmark::State& state, const std::string& photo) {
  const std::string encoded = ReadPhoto(photo);
  Image image;
  for (auto _ : state) MustDecode(encoded, &image);
}

void BM_Preprocess(benchmark::State& state, const std::string& photo, Interpolation interpolation) {
  Image image;
  MustDecode(ReadPhoto(photo), &image);
  const Preprocessor preprocessor =
      MakePreprocessor(static_cast<int>(state.range(0)), interpolation);
  Preprocessor::Scratch scratch;
  std::vector<float> input = InputOf(state.range(0));
  for (auto _ : state) {
    preprocessor.Run(image, &scratch, input);
    benchmark::DoNotOptimize(input.data());
  }
}

// As a server sees it: neighbouring requests have pictures of other sizes, so that tables are
// computed anew.
void BM_PreprocessChangingSizes(benchmark::State& state) {
  Image images[2];
  MustDecode(ReadPhoto("astronaut.jpg"), &images[0]);
  MustDecode(ReadPhoto("coffee.jpg"), &images[1]);
  const Preprocessor preprocessor =
      MakePreprocessor(static_cast<int>(state.range(0)), Interpolation::kBicubic);
  Preprocessor::Scratch scratch;
  std::vector<float> input = InputOf(state.range(0));
  std::size_t next = 0;
  for (auto _ : state) {
    preprocessor.Run(images[next], &scratch, input);
    benchmark::DoNotOptimize(input.data());
    next = 1 - next;
  }
}

void BM_DecodeAndPreprocess(benchmark::State& state, const std::string& photo) {
  const std::string encoded = ReadPhoto(photo);
  const Preprocessor preprocessor =
      MakePreprocessor(static_cast<int>(state.range(0)), Interpolation::kBicubic);
  Preprocessor::Scratch scratch;
  std::vector<float> input = InputOf(state.range(0));
  Image image;
  for (auto _ : state) {
    MustDecode(encoded, &image);
    preprocessor.Run(image, &scratch, input);
    benchmark::DoNotOptimize(input.data());
  }
}

BENCHMARK_CAPTURE(BM_Decode, astronaut, "astronaut.jpg")->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(BM_Preprocess, astronaut_bilinear, "astronaut.jpg", Interpolation::kBilinear)
    ->Unit(benchmark::kMicrosecond)
    ->Arg(224);
BENCHMARK_CAPTURE(BM_Preprocess, astronaut_bicubic, "astronaut.jpg", Interpolation::kBicubic)
    ->Unit(benchmark::kMicrosecond)
    ->Arg(224)
    ->Arg(260)
    ->Arg(380);
BENCHMARK_CAPTURE(BM_Preprocess, astronaut_lanczos, "astronaut.jpg", Interpolation::kLanczos)
    ->Unit(benchmark::kMicrosecond)
    ->Arg(224);
BENCHMARK(BM_PreprocessChangingSizes)->Unit(benchmark::kMicrosecond)->Arg(224);
BENCHMARK_CAPTURE(BM_DecodeAndPreprocess, astronaut, "astronaut.jpg")
    ->Unit(benchmark::kMicrosecond)
    ->Arg(224);
BENCHMARK_CAPTURE(BM_DecodeAndPreprocess, chelsea, "chelsea.jpg")
    ->Unit(benchmark::kMicrosecond)
    ->Arg(224);
BENCHMARK_CAPTURE(BM_DecodeAndPreprocess, coffee, "coffee.jpg")
    ->Unit(benchmark::kMicrosecond)
    ->Arg(224);
BENCHMARK_CAPTURE(BM_DecodeAndPreprocess, rocket, "rocket.jpg")
    ->Unit(benchmark::kMicrosecond)
    ->Arg(224);

}  // namespace
}  // namespace avocet

BENCHMARK_MAIN();
