#include "engine/checkpoint/safetensors_header.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace avocet {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// The message for `header`, or "" if it is accepted.
std::string HeaderProblem(std::string_view header) {
  const auto parsed = ParseSafetensorsHeader(header, "m.safetensors");
  if (parsed.ok()) return "";
  EXPECT_EQ(parsed.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(parsed.status().message()), StartsWith("m.safetensors: "));
  return std::string(parsed.status().message().substr(sizeof("m.safetensors: ") - 1));
}

// A tensor "w" of 4 bytes, but for one value.
std::string With(std::string_view key, std::string_view value) {
  std::string header = R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})";
  const std::string start = absl::StrCat("\"", std::string(key), "\":");
  const std::size_t begin = header.find(start) + start.size();
  const std::size_t end = key == "data_offsets" ? header.find('}') : header.find(",\"", begin);
  return header.replace(begin, end - begin, value);
}

TEST(SafetensorsHeader, RejectsWhatIsNotOneJsonObject) {
  EXPECT_EQ(HeaderProblem(""), "header: does not start with {");
  EXPECT_EQ(HeaderProblem("[]"), "header: does not start with {");
  EXPECT_EQ(HeaderProblem(" {}"), "header: does not start with {");
  EXPECT_EQ(HeaderProblem("\xef\xbb\xbf{}"), "header: does not start with {");
  EXPECT_THAT(HeaderProblem("{"), HasSubstr("not valid JSON at byte"));
  EXPECT_THAT(HeaderProblem("{} {}"), HasSubstr("not valid JSON at byte"));
  EXPECT_THAT(HeaderProblem("{}/* comment */"), HasSubstr("not valid JSON at byte"));
  EXPECT_EQ(HeaderProblem(std::string_view("{}\0{", 4)), "header: NUL at byte 2");
  EXPECT_EQ(HeaderProblem("{}    "), "");
}

TEST(SafetensorsHeader, RejectsInvalidUtf8) {
  EXPECT_THAT(HeaderProblem("{\"\xc3\x28\":{}}"), HasSubstr("not valid JSON at byte"));
  EXPECT_THAT(HeaderProblem("{\"\\ud800\":{}}"), HasSubstr("not valid JSON at byte"));
}

TEST(SafetensorsHeader, RejectsDuplicateKeysEverywhere) {
  const std::string w = R"("w":{"dtype":"U8","shape":[0],"data_offsets":[0,0]})";
  EXPECT_EQ(HeaderProblem("{" + w + "," + w + "}"), "tensor \"w\": duplicate name");
  EXPECT_EQ(HeaderProblem(R"({"w":{"dtype":"U8","dtype":"U8","shape":[],"data_offsets":[0,1]}})"),
            "tensor \"w\": duplicate key \"dtype\"");
  EXPECT_EQ(HeaderProblem(R"({"__metadata__":{"a":"1","a":"2"}})"),
            "metadata \"a\": duplicate key");
  EXPECT_EQ(HeaderProblem(R"({"__metadata__":{},"__metadata__":{}})"),
            "tensor \"__metadata__\": duplicate name");
}

TEST(SafetensorsHeader, RejectsUnknownAndMissingKeys) {
  EXPECT_EQ(HeaderProblem(R"({"w":{"dtype":"U8","shape":[],"offset":0}})"),
            "tensor \"w\": unknown key \"offset\"");
  EXPECT_EQ(HeaderProblem(R"({"w":{"shape":[],"data_offsets":[0,1]}})"),
            "tensor \"w\": \"dtype\" is missing");
  EXPECT_EQ(HeaderProblem(R"({"w":{"dtype":"U8","data_offsets":[0,1]}})"),
            "tensor \"w\": \"shape\" is missing");
  EXPECT_EQ(HeaderProblem(R"({"w":{"dtype":"U8","shape":[1]}})"),
            "tensor \"w\": \"data_offsets\" is missing");
}

TEST(SafetensorsHeader, RejectsWrongTypes) {
  EXPECT_EQ(HeaderProblem(R"({"w":3})"), "tensor \"w\": expected an object, found 3");
  EXPECT_EQ(HeaderProblem(R"({"w":"x"})"), "tensor \"w\": expected an object, found a string");
  EXPECT_EQ(HeaderProblem(R"({"__metadata__":{"a":null}})"),
            "metadata \"a\": expected a string, found null");
  EXPECT_EQ(HeaderProblem(R"({"__metadata__":{"a":{}}})"),
            "metadata \"a\": expected a string, found an object");
  EXPECT_EQ(HeaderProblem(With("dtype", "4")), "tensor \"w\": \"dtype\" must be a string, found 4");
  EXPECT_EQ(HeaderProblem(With("dtype", "[]")),
            "tensor \"w\": \"dtype\" must be a string, found an array");
  EXPECT_EQ(HeaderProblem(With("shape", "true")),
            "tensor \"w\": \"shape\" must be an array, found true");
  EXPECT_EQ(HeaderProblem(With("data_offsets", "{}")),
            "tensor \"w\": \"data_offsets\" must be an array, found an object");
}

TEST(SafetensorsHeader, RejectsUnknownDTypes) {
  EXPECT_EQ(HeaderProblem(With("dtype", "\"F128\"")), "tensor \"w\": unknown dtype \"F128\"");
  EXPECT_EQ(HeaderProblem(With("dtype", "\"f32\"")), "tensor \"w\": unknown dtype \"f32\"");
}

TEST(SafetensorsHeader, RejectsNumbersThatAreNotNonNegativeIntegers) {
  for (const char* number : {"-1", "-0", "1.5", "1e2", "18446744073709551616", "\"1\"", "null"}) {
    EXPECT_THAT(HeaderProblem(With("shape", absl::StrCat("[", number, "]"))),
                StartsWith("tensor \"w\": \"shape\" must hold non-negative integers, found "))
        << number;
    EXPECT_THAT(
        HeaderProblem(With("data_offsets", absl::StrCat("[0,", number, "]"))),
        StartsWith("tensor \"w\": \"data_offsets\" must hold non-negative integers, found "))
        << number;
  }
  EXPECT_THAT(HeaderProblem(With("shape", "[1e999]")), HasSubstr("not valid JSON"));
  EXPECT_EQ(HeaderProblem(With("shape", "[9223372036854775808]")),
            "tensor \"w\": dimension 9223372036854775808 is larger than 2^63 - 1");
}

TEST(SafetensorsHeader, RejectsOtherThanTwoOffsets) {
  EXPECT_EQ(HeaderProblem(With("data_offsets", "[]")),
            "tensor \"w\": \"data_offsets\" must hold 2 integers, found 0");
  EXPECT_EQ(HeaderProblem(With("data_offsets", "[4]")),
            "tensor \"w\": \"data_offsets\" must hold 2 integers, found 1");
  EXPECT_EQ(HeaderProblem(With("data_offsets", "[0,4,4]")),
            "tensor \"w\": \"data_offsets\" must hold 2 integers, found more");
}

TEST(SafetensorsHeader, RejectsRangesThatDoNotFollowOneAnother) {
  const auto two = [](int begin, int end) {
    return HeaderProblem(absl::StrCat(R"({"v":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},)",
                                      R"("w":{"dtype":"U8","shape":[4],"data_offsets":[)", begin,
                                      ",", end, "]}}"));
  };
  EXPECT_EQ(two(4, 8), "");
  EXPECT_EQ(two(3, 7),
            "tensor \"w\": data_offsets [3, 7) overlap the tensor before, which ends at 4");
  EXPECT_EQ(two(0, 4),
            "tensor \"w\": data_offsets [0, 4) overlap the tensor before, which ends at 4");
  EXPECT_EQ(two(5, 9),
            "tensor \"w\": data_offsets [5, 9) leave a hole: expected them to begin at 4");
  EXPECT_EQ(two(8, 4), "tensor \"w\": data_offsets [8, 4) end before they begin");
  EXPECT_EQ(HeaderProblem(With("data_offsets", "[4,8]")),
            "tensor \"w\": data_offsets [4, 8) leave a hole: expected them to begin at 0");
}

TEST(SafetensorsHeader, RejectsRangesThatDisagreeWithTheShape) {
  EXPECT_EQ(HeaderProblem(With("shape", "[1]")), "");
  EXPECT_EQ(HeaderProblem(With("shape", "[2]")),
            "tensor \"w\": F32 [2] needs 8 bytes, data_offsets [0, 4) hold 4");
  EXPECT_EQ(HeaderProblem(With("dtype", "\"F16\"")),
            "tensor \"w\": F16 [1] needs 2 bytes, data_offsets [0, 4) hold 4");
  EXPECT_EQ(HeaderProblem(With("shape", "[0]")),
            "tensor \"w\": F32 [0] needs 0 bytes, data_offsets [0, 4) hold 4");
}

TEST(SafetensorsHeader, RejectsSizesThatOverflow) {
  // 2^32 * 2^32 elements would wrap to none; a dimension of 0 hides no overflow either.
  for (const char* shape : {"[4294967296,4294967296]", "[4294967296,0,4294967296]",
                            "[0,4294967296,4294967296]", "[2305843009213693952]"}) {
    EXPECT_THAT(HeaderProblem(With("shape", shape)),
                HasSubstr("is not a whole number of bytes below"))
        << shape;
  }
}

TEST(SafetensorsHeader, RejectsHalfBytes) {
  const auto packed = [](int count, int bytes) {
    return HeaderProblem(absl::StrCat(R"({"w":{"dtype":"F4","shape":[)", count,
                                      R"(],"data_offsets":[0,)", bytes, "]}}"));
  };
  EXPECT_EQ(packed(6, 3), "");
  EXPECT_THAT(packed(5, 3), HasSubstr("is not a whole number of bytes"));
}

TEST(SafetensorsHeader, RejectsNestingAndRankAboveTheLimits) {
  EXPECT_EQ(HeaderProblem(With("shape", "[[1]]")),
            "tensor \"w\": \"shape\" must hold non-negative integers, found an array");
  const std::string deep = R"({"w":)" + std::string(1 << 20, '[');
  EXPECT_EQ(HeaderProblem(deep), "tensor \"w\": expected an object, found an array");
  EXPECT_EQ(HeaderProblem(With("shape", "[1,1,1,1,1,1,1,1]")), "");
  EXPECT_EQ(HeaderProblem(With("shape", "[1,1,1,1,1,1,1,1,1]")),
            "tensor \"w\": more than 8 dimensions");
}

TEST(SafetensorsHeader, RejectsTooManyTensorsAndTooLongNames) {
  const auto tensors = [](std::size_t count) {
    std::string header = "{";
    for (std::size_t i = 0; i < count; ++i) {
      absl::StrAppend(&header, i > 0 ? "," : "", "\"", i,
                      R"(":{"dtype":"U8","shape":[0],"data_offsets":[0,0]})");
    }
    return HeaderProblem(header + "}");
  };
  EXPECT_EQ(tensors(kMaxTensors), "");
  EXPECT_EQ(tensors(kMaxTensors + 1), "header: more than 65536 tensors");
  EXPECT_THAT(HeaderProblem("{\"" + std::string(1025, 'n') + "\":{}}"),
              HasSubstr("the name has 1025 bytes, more than 1024"));
}

TEST(SafetensorsHeader, ShowsNamesWithoutControlCharacters) {
  EXPECT_EQ(HeaderProblem(R"({"a\u001b[2J\n":3})"),
            R"(tensor "a\033[2J\n": expected an object, found 3)");
}

TEST(DType, NamesRoundTrip) {
  for (int i = 0; i <= static_cast<int>(DType::kF4); ++i) {
    const auto dtype = static_cast<DType>(i);
    EXPECT_EQ(ParseDType(DTypeName(dtype)), dtype);
    EXPECT_GT(BitsPerElement(dtype), 0);
  }
}

}  // namespace
}  // namespace avocet
