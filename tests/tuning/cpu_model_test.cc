#include "engine/tuning/cpu_model.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/checkpoint/temporary_folder.h"

namespace avocet {
namespace {

std::string NameFor(const char* cpuinfo) {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder.path() + "/proc");
  folder.Write("proc/cpuinfo", cpuinfo);
  return CpuModelName(folder.path());
}

TEST(CpuModelName, HasWhatTellsCpusApart) {
  EXPECT_EQ(NameFor("processor\t: 0\ncpu family\t: 25\nmodel\t\t: 17\nmodel name\t: AMD EPYC\n"
                    "stepping\t: 1\ncpu MHz\t\t: 2600.1\ncache size\t: 1024 KB\n\n"
                    "processor\t: 1\nmodel name\t: other\n"),
            "AMD EPYC, cpu family 25, model 17, stepping 1, cache size 1024 KB");
}

TEST(CpuModelName, IsUnknownWhereNothingTells) {
  EXPECT_EQ(NameFor("BogoMIPS\t: 50.00\nCPU part\t: 0xd0c\n"), "unknown, CPU part 0xd0c");
  EXPECT_EQ(CpuModelName("/no/such/root"), "unknown");
}

}  // namespace
}  // namespace avocet
