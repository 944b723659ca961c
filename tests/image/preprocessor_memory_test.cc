// In a program of its own: it replaces the allocation functions to count their calls.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <vector>

#include "engine/image/preprocessor.h"
#include "tests/image/test_images.h"

namespace {
std::atomic<int> allocations = 0;
}  // namespace

// Not inlined: g++ would take a free() without its malloc() for a mistake.
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace avocet {
namespace {

TEST(Preprocessor, AllocatesNothingForThePictureSizeItSawLast) {
  for (const char* name : {"images/200x150.png", "images/3x301.png"}) {
    const Image image = DecodeTestFile(name);
    const auto preprocessor =
        Preprocessor::Create({.height = 32, .width = 32, .crop_mode = CropMode::kSquash});
    ASSERT_TRUE(preprocessor.ok());
    Preprocessor::Scratch scratch;
    std::vector<float> input(32 * 32 * 3);
    const int before_first = allocations;
    preprocessor->Run(image, &scratch, input);
    EXPECT_GT(allocations, before_first) << name;  // so that the count counts
    const int before_second = allocations;
    preprocessor->Run(image, &scratch, input);
    EXPECT_EQ(allocations, before_second) << name;
  }
}

}  // namespace
}  // namespace avocet
