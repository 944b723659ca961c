// Row steps that take turns compute what they would one after the other.
#include "engine/onednn/row_group.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/onednn/emitter.h"
#include "engine/onednn/team.h"

namespace avocet {
namespace {

using testing::Each;
using testing::ElementsAre;

constexpr int kRows = 11;
constexpr int kWidth = 16;

class RowGroupTest : public testing::Test {
 protected:
  RowGroupTest()
      : emitter_(dnnl::engine(dnnl::engine::kind::cpu, 0), nullptr, dnnl::memory::data_type::f32) {}

  TensorRef NewTensor(int size = kRows * kWidth) {
    return emitter_.NewTensor({{size}, dnnl::memory::data_type::f32, dnnl::memory::format_tag::x});
  }

  // dst = src + 1, row by row.
  RowStep Increment(const std::string& name, const TensorRef& src, const TensorRef& dst,
                    int rows = kRows) {
    RowStep step;
    step.name = name;
    step.implementation = "test";
    step.rows = rows;
    step.by_row = {src, dst};
    step.run = [this](const Rows& turn, std::span<const RowTensor> tensors, RowStep::Whole) {
      largest_turn_ = std::max(largest_turn_, turn.count());
      const auto* from = static_cast<const float*>(tensors[0].rows);
      std::transform(from, from + turn.count() * kWidth, static_cast<float*>(tensors[1].rows),
                     [](float value) { return value + 1; });
    };
    return step;
  }

  // total [1] = the sum of src.
  RowStep Total(const std::string& name, const TensorRef& src, const TensorRef& total) {
    RowStep step;
    step.name = name;
    step.implementation = "test";
    step.rows = kRows;
    step.by_row = {src};
    step.writes = {total, NewTensor(TeamSize())};
    step.start = [](RowStep::Whole whole) {
      std::fill_n(static_cast<float*>(whole[1]), TeamSize(), 0.0f);
    };
    step.run = [](const Rows& turn, std::span<const RowTensor> tensors, RowStep::Whole whole) {
      const auto* values = static_cast<const float*>(tensors[0].rows);
      for (int i = 0; i < turn.count() * kWidth; ++i) {
        static_cast<float*>(whole[1])[turn.part] += values[i];
      }
    };
    step.finish = [](RowStep::Whole whole) {
      const auto* parts = static_cast<const float*>(whole[1]);
      *static_cast<float*>(whole[0]) = std::accumulate(parts, parts + TeamSize(), 0.0f);
    };
    return step;
  }

  // dst = total, in every number.
  RowStep Spread(const std::string& name, const TensorRef& total, const TensorRef& dst) {
    RowStep step;
    step.name = name;
    step.implementation = "test";
    step.rows = kRows;
    step.by_row = {dst};
    step.reads = {total};
    step.run = [](const Rows& turn, std::span<const RowTensor> tensors, RowStep::Whole whole) {
      std::fill_n(static_cast<float*>(tensors[0].rows), turn.count() * kWidth,
                  *static_cast<const float*>(whole[0]));
    };
    return step;
  }

  // Runs with `src` set to zeros and returns `dst`.
  std::vector<float> Run(const TensorRef& src, const TensorRef& dst) {
    auto [program, ends] = std::move(emitter_).Finish(std::array{src}, std::array{dst});
    names_.clear();
    for (const Step& step : program.steps) names_.push_back(step.name);
    arena_bytes_ = program.arena->size();
    std::fill_n(static_cast<float*>(ends[0].get_data_handle()), kRows * kWidth, 0.0f);
    program.Run();
    const auto* values = static_cast<const float*>(ends[1].get_data_handle());
    return {values, values + kRows * kWidth};
  }

  const ScopedTeam team_{2};
  Emitter emitter_;
  int largest_turn_ = 0;
  std::vector<std::string> names_;
  std::size_t arena_bytes_ = 0;
};

TEST_F(RowGroupTest, NeighboursTakeTurnsOnAFewRows) {
  emitter_.set_turns({.bytes = 3 * 2 * kWidth * sizeof(float) + 1});
  const TensorRef a = NewTensor(), b = NewTensor();
  emitter_.AppendRows(Increment("one", a, b));
  EXPECT_THAT(Run(a, b), Each(1.0f));
  EXPECT_EQ(largest_turn_, 3);
}

TEST_F(RowGroupTest, WhatOnlyNeighboursNeedIsNeverWhole) {
  emitter_.set_turns({.bytes = 3 * kWidth * sizeof(float)});
  const TensorRef a = NewTensor(), b = NewTensor(), c = NewTensor();
  emitter_.AppendRows(Increment("one", a, b));
  emitter_.AppendRows(Increment("two", b, c));
  EXPECT_THAT(Run(a, c), Each(2.0f));
  EXPECT_THAT(names_, ElementsAre("one + two"));
  EXPECT_EQ(largest_turn_, 1);
  // One row a thread, each in a cache line of its own.
  constexpr std::size_t kTensor = (kRows * kWidth * sizeof(float) + 63) / 64 * 64;
  EXPECT_EQ(arena_bytes_, 2 * kTensor + 2 * 64);
}

TEST_F(RowGroupTest, AResultOfAllRowsEndsATurn) {
  const TensorRef a = NewTensor(), b = NewTensor(), c = NewTensor(), d = NewTensor();
  const TensorRef total = NewTensor(1);
  emitter_.AppendRows(Increment("one", a, b));
  emitter_.AppendRows(Total("total", b, total));
  emitter_.AppendRows(Spread("spread", total, c));
  emitter_.AppendRows(Increment("two", c, d));
  EXPECT_THAT(Run(a, d), Each(kRows * kWidth + 1.0f));
  EXPECT_THAT(names_, ElementsAre("one + total", "spread + two"));
}

TEST_F(RowGroupTest, WhoReadsAnywhereWaitsForAllRows) {
  const TensorRef a = NewTensor(), b = NewTensor(), c = NewTensor();
  emitter_.AppendRows(Increment("one", a, b));
  emitter_.AppendRows(Spread("spread", b, c));
  EXPECT_THAT(Run(a, c), Each(1.0f));
  EXPECT_THAT(names_, ElementsAre("one", "spread"));
}

TEST_F(RowGroupTest, OtherRowsTakeNoTurns) {
  const TensorRef a = NewTensor(), b = NewTensor(), c = NewTensor();
  emitter_.AppendRows(Increment("one", a, b));
  RowStep other = Increment("two", b, c, 1);
  other.run = [](const Rows&, std::span<const RowTensor> tensors, RowStep::Whole) {
    std::copy_n(static_cast<const float*>(tensors[0].rows), kRows * kWidth,
                static_cast<float*>(tensors[1].rows));
  };
  emitter_.AppendRows(std::move(other));
  EXPECT_THAT(Run(a, c), Each(1.0f));
  EXPECT_THAT(names_, ElementsAre("one", "two"));
}

TEST_F(RowGroupTest, RowsThatDoNotFitTheCacheTakeNoTurns) {
  emitter_.set_turns({.bytes = 2 * kWidth * sizeof(float)});
  const TensorRef a = NewTensor(), b = NewTensor(), c = NewTensor();
  emitter_.AppendRows(Increment("one", a, b));
  emitter_.AppendRows(Increment("two", b, c));
  EXPECT_THAT(Run(a, c), Each(2.0f));
  EXPECT_THAT(names_, ElementsAre("one", "two"));
}

TEST_F(RowGroupTest, TellsWhatIsTakenUpAgain) {
  const TensorRef a = NewTensor(), b = NewTensor(), c = NewTensor();
  std::vector<bool> reused;
  RowStep first = Increment("one", a, b);
  first.run = [&, run = first.run](const Rows& turn, std::span<const RowTensor> tensors,
                                   RowStep::Whole whole) {
    if (turn.part == 0) reused = {tensors[0].is_reused, tensors[1].is_reused};
    run(turn, tensors, whole);
  };
  emitter_.AppendRows(std::move(first));
  emitter_.AppendRows(Increment("two", b, c));
  Run(a, c);
  EXPECT_THAT(reused, ElementsAre(false, true));
}

// Two steps of which a later step of its own reads what the first one writes.
class StreamedRowsTest : public RowGroupTest {
 protected:
  void Append() {
    RowStep first = Increment("one", a_, b_);
    first.run = [&, run = first.run](const Rows& turn, std::span<const RowTensor> tensors,
                                     RowStep::Whole whole) {
      if (turn.part == 0) places_.insert(tensors[1].rows);
      run(turn, tensors, whole);
    };
    emitter_.AppendRows(std::move(first));
    emitter_.AppendRows(Increment("two", b_, c_));
    emitter_.EndTurns();
    emitter_.AppendRows(Total("total", b_, total_));
    emitter_.AppendRows(Increment("three", c_, d_));
    emitter_.EndTurns();
    emitter_.AppendRows(Spread("spread", total_, e_));
  }

  const TensorRef a_ = NewTensor(), b_ = NewTensor(), c_ = NewTensor(), d_ = NewTensor(),
                  e_ = NewTensor(), total_ = NewTensor(1);
  std::set<void*> places_;  // of the first thread's turns, of what the first step writes
};

constexpr std::size_t kTwoRows = 3 * 2 * kWidth * sizeof(float);

TEST_F(StreamedRowsTest, AreWrittenToOnePlaceAndCopiedWhenTheyAreLarge) {
  emitter_.set_turns({.bytes = kTwoRows, .streamed_tensor = kRows * kWidth * sizeof(float)});
  Append();
  EXPECT_THAT(Run(a_, e_), Each(kRows * kWidth));
  EXPECT_THAT(names_, ElementsAre("one + two", "total + three", "spread"));
  EXPECT_EQ(places_.size(), 1);
}

TEST_F(StreamedRowsTest, StayWhereTheyAreWrittenWhenTheyAreSmall) {
  emitter_.set_turns({.bytes = kTwoRows, .streamed_tensor = kRows * kWidth * sizeof(float) + 1});
  Append();
  EXPECT_THAT(Run(a_, e_), Each(kRows * kWidth));
  EXPECT_GT(places_.size(), 1);
}

TEST_F(StreamedRowsTest, ReachTheOtherStepsOfTheirTurnToo) {
  emitter_.set_turns({.bytes = kTwoRows, .streamed_tensor = 1});
  Append();
  EXPECT_THAT(Run(a_, d_), Each(3.0f));
}

TEST(Rows, BelongToImages) {
  std::vector<std::vector<int>> calls;
  ForImages({.part = 0, .first = 2, .last = 9}, 4, [&](int image, int begin, int end, int offset) {
    calls.push_back({image, begin, end, offset});
  });
  EXPECT_THAT(calls, ElementsAre(std::vector{0, 2, 4, 0}, std::vector{1, 0, 4, 2},
                                 std::vector{2, 0, 1, 6}));
}

}  // namespace
}  // namespace avocet
