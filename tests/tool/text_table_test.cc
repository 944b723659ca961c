#include "engine/tool/text_table.h"

#include <gtest/gtest.h>

namespace avocet {
namespace {

TEST(TextTable, AlignsColumns) {
  TextTable table({{"NAME"}, {"COUNT", Align::kRight}, {"NOTE"}});
  table.AddRule();
  table.Add({"a", "1,234,567", ""});
  table.Add({"longer", "1", "x"});
  EXPECT_EQ(table.Print(0),
            "NAME        COUNT  NOTE\n"
            "-----------------------\n"
            "a       1,234,567\n"
            "longer          1  x\n");
}

TEST(TextTable, CutsTheBeginningOfNamesAtADot) {
  TextTable table({{"NAME"}, {"COUNT"}});
  table.Add({"stages.2.blocks.10.conv_dw", "1"});
  table.Add({"undotted_name_of_a_layer", "2"});
  EXPECT_EQ(table.Print(24),
            "NAME               COUNT\n"
            "..10.conv_dw       1\n"
            ".._name_of_a_layer 2\n");
}

TEST(TextTable, KeepsAtLeastTwelveCharactersOfAName) {
  TextTable table({{"NAME"}, {"COUNT"}});
  table.Add({"abcdefghijklmnopqrstuvwxyz", "1"});
  EXPECT_EQ(table.Print(1),
            "NAME         COUNT\n"
            "..qrstuvwxyz 1\n");
}

TEST(Numbers, HaveSeparators) {
  EXPECT_EQ(WithSeparators(0), "0");
  EXPECT_EQ(WithSeparators(999), "999");
  EXPECT_EQ(WithSeparators(1000), "1,000");
  EXPECT_EQ(WithSeparators(138'357'544), "138,357,544");
  EXPECT_EQ(WithSeparators(-123'456), "-123,456");
}

TEST(Numbers, HaveDecimalPrefixes) {
  EXPECT_EQ(Decimal(0), "-");
  EXPECT_EQ(Decimal(840), "840");
  EXPECT_EQ(Decimal(1'000), "1.00 k");
  EXPECT_EQ(Decimal(999'400), "999 k");
  EXPECT_EQ(Decimal(999'600), "1.00 M");
  EXPECT_EQ(Decimal(9'996), "10.0 k");
  EXPECT_EQ(Decimal(99'960), "100 k");
  EXPECT_EQ(Decimal(4'089'184'256), "4.09 G");
  EXPECT_EQ(Decimal(15'470'264'320, 4), "15.47 G");
  EXPECT_EQ(Bytes(0), "0 B");
  EXPECT_EQ(Bytes(12'845'056), "12.8 MB");
}

}  // namespace
}  // namespace avocet
