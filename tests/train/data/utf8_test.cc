#include "engine/train/data/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace avocet {
namespace {

TEST(Utf8, IsTextInEveryScript) {
  for (const char* text :
       {"", "cat", "café", "猫", "🐈 cat", "\x7f", "\xdf\xbf", "\xef\xbf\xbf", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_TRUE(IsUtf8(text)) << text;
  }
  EXPECT_TRUE(IsUtf8(std::string("a\0b", 3)));
}

TEST(Utf8, IsNotWhatOtherEncodingsWrite) {
  for (const char* text : {"caf\xe9",           // Latin-1
                           "\x94\x4c",          // Shift JIS
                           "\x80",              // continues nothing
                           "caf\xc3",           // cut off
                           "\xc0\xaf",          // overlong
                           "\xe0\x80\xaf",      //
                           "\xed\xa0\x80",      // a surrogate
                           "\xf4\x90\x80\x80",  // above U+10FFFF
                           "\xff"}) {
    EXPECT_FALSE(IsUtf8(text)) << text;
  }
}

}  // namespace
}  // namespace avocet
