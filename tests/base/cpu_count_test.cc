#include "engine/base/cpu_count.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace avocet {
namespace {

class CpuCount : public ::testing::Test {
 protected:
  CpuCount() {
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    root_ =
        std::filesystem::path(::testing::TempDir()) / (std::string("cpu_count_") + info->name());
    std::filesystem::remove_all(root_);
  }
  ~CpuCount() override { std::filesystem::remove_all(root_); }

  void Write(const std::string& path, const std::string& text) {
    const std::filesystem::path file = root_ / path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }

  std::filesystem::path root_;
};

TEST_F(CpuCount, HasNoQuotaWithoutCgroups) { EXPECT_EQ(CgroupCpuQuota(root_), std::nullopt); }

TEST_F(CpuCount, ReadsVersionTwo) {
  Write("proc/self/cgroup", "0::/\n");
  Write("sys/fs/cgroup/cpu.max", "150000 100000\n");
  EXPECT_EQ(CgroupCpuQuota(root_), 1.5);
}

TEST_F(CpuCount, TakesTheSmallestQuotaOnTheWayUp) {
  Write("proc/self/cgroup", "0::/slice/pod/container\n");
  Write("sys/fs/cgroup/slice/cpu.max", "50000 100000\n");
  Write("sys/fs/cgroup/slice/pod/cpu.max", "max 100000\n");
  Write("sys/fs/cgroup/slice/pod/container/cpu.max", "400000 100000\n");
  EXPECT_EQ(CgroupCpuQuota(root_), 0.5);
}

TEST_F(CpuCount, UnderstandsMaxAsNoQuota) {
  Write("proc/self/cgroup", "0::/a\n");
  Write("sys/fs/cgroup/a/cpu.max", "max 100000\n");
  EXPECT_EQ(CgroupCpuQuota(root_), std::nullopt);
}

TEST_F(CpuCount, ReadsVersionOneBelowTheNameOfItsControllers) {
  Write("proc/self/cgroup", "12:memory:/m\n4:cpu,cpuacct:/docker/abc\n");
  Write("sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_quota_us", "300000\n");
  Write("sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(CgroupCpuQuota(root_), 3.0);
}

TEST_F(CpuCount, FallsBackToTheMountWhenThePathIsTheHosts) {
  Write("proc/self/cgroup", "4:cpu,cpuacct:/docker/abc\n");
  Write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "200000\n");
  Write("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(CgroupCpuQuota(root_), 2.0);
}

TEST_F(CpuCount, UnderstandsMinusOneAsNoQuota) {
  Write("proc/self/cgroup", "4:cpu:/\n");
  Write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
  Write("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(CgroupCpuQuota(root_), std::nullopt);
}

TEST_F(CpuCount, IgnoresFilesThatAreNotNumbers) {
  Write("proc/self/cgroup", "garbage\n0::/\n");
  Write("sys/fs/cgroup/cpu.max", "many 100000 or so\n");
  EXPECT_EQ(CgroupCpuQuota(root_), std::nullopt);
}

TEST_F(CpuCount, RoundsTheQuotaUpAndNeverBelowOne) {
  Write("proc/self/cgroup", "0::/\n");
  Write("sys/fs/cgroup/cpu.max", "10000 100000\n");
  EXPECT_EQ(UsableCpuCount(root_), 1);
}

TEST_F(CpuCount, IsBoundedByTheAffinityMask) {
  cpu_set_t before;
  ASSERT_EQ(sched_getaffinity(0, sizeof(before), &before), 0);
  int first = 0;
  while (!CPU_ISSET(first, &before)) ++first;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(first, &one);
  Write("proc/self/cgroup", "0::/\n");
  Write("sys/fs/cgroup/cpu.max", "6400000 100000\n");
  EXPECT_EQ(UsableCpuCount(root_), CPU_COUNT(&before));
  ASSERT_EQ(sched_setaffinity(0, sizeof(one), &one), 0);
  EXPECT_EQ(UsableCpuCount(root_), 1);
  ASSERT_EQ(sched_setaffinity(0, sizeof(before), &before), 0);
}

}  // namespace
}  // namespace avocet
