#include "engine/base/digest.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string_view>

namespace avocet {
namespace {

std::uint64_t DigestOf(std::string_view text) {
  Digest digest;
  digest.Add(text);
  return digest.value();
}

// The authors' test vectors.
TEST(Digest, IsFnv1a) {
  EXPECT_EQ(DigestOf(""), 0xCBF29CE484222325u);
  EXPECT_EQ(DigestOf("a"), 0xAF63DC4C8601EC8Cu);
  EXPECT_EQ(DigestOf("foobar"), 0x85944171F73967E8u);
}

TEST(Digest, ANumberIsEightBytesTheLowestFirst) {
  Digest digest;
  digest.Add(std::uint64_t{0x0807060504030201});
  EXPECT_EQ(digest.value(), DigestOf("\x01\x02\x03\x04\x05\x06\x07\x08"));
}

}  // namespace
}  // namespace avocet
