#include "engine/onednn/training/depthwise_source.h"

#include <cstring>
#include <utility>

#include "engine/onednn/team.h"

namespace avocet {
namespace {

using DataType = dnnl::memory::data_type;
using Tag = dnnl::memory::format_tag;

// The rows of all images that a thread's window has; in front of them.
struct alignas(64) Held {
  int first;
  int last;
};

std::size_t RowBytes(const DepthwiseSizes& sizes, DataType type) {
  return static_cast<std::size_t>(sizes.width) * static_cast<std::size_t>(sizes.channels) *
         dnnl::memory::data_type_size(type);
}

}  // namespace

DepthwiseSource::DepthwiseSource(const DepthwiseSizes& sizes, const TensorRef& src)
    : sizes_(sizes), reads_({src}), row_bytes_(RowBytes(sizes, src.desc.get_data_type())) {}

DepthwiseSource::DepthwiseSource(const DepthwiseSizes& sizes, NodeId id, Tape& tape,
                                 bool with_slopes)
    : sizes_(sizes), row_bytes_(RowBytes(sizes, tape.type())) {
  const RowSource* const rows = tape.InputRows(id);
  if (rows == nullptr) {
    reads_ = {tape.Input(id)};
    return;
  }
  rows_ = *rows;
  reads_ = rows->reads;
  own_ = reads_.size() + 1;
  parts_ = std::min(TeamSize(), tape.graph().node(id).shape.n * sizes.out_height);
  planes_ = with_slopes && rows->norm ? 3 : 1;
  const auto planes = static_cast<std::size_t>(planes_);
  const auto fitting = static_cast<int>(tape.options().turns.bytes / planes / row_bytes_);
  window_rows_ = std::max(1, (fitting - sizes.kernel) / sizes.stride + 1);
  const int height = (window_rows_ - 1) * sizes.stride + sizes.kernel;
  plane_bytes_ = (static_cast<std::size_t>(height) * row_bytes_ + 63) / 64 * 64;
  part_bytes_ = sizeof(Held) + planes * plane_bytes_;
}

void DepthwiseSource::AddTo(RowStep& step, Emitter& emitter) const {
  step.reads.insert(step.reads.begin(), reads_.begin(), reads_.end());
  if (!rows_) return;
  const auto bytes = static_cast<std::int64_t>(part_bytes_) * parts_;
  step.writes.insert(step.writes.begin(), emitter.NewTensor({{bytes}, DataType::u8, Tag::x}));
  step.start = [=, window = reads_.size(), parts = parts_, part_bytes = part_bytes_,
                start = std::move(step.start)](RowStep::Whole whole) {
    for (int part = 0; part < parts; ++part) {
      const Held none = {.first = 0, .last = 0};
      std::memcpy(
          static_cast<std::byte*>(whole[window]) + static_cast<std::size_t>(part) * part_bytes,
          &none, sizeof(none));
    }
    if (start) start(whole);
  };
}

DepthwiseSource::Window DepthwiseSource::InMemory(int image, int row, int count,
                                                  RowStep::Whole whole) const {
  const std::size_t offset =
      static_cast<std::size_t>(image) * static_cast<std::size_t>(sizes_.height) * row_bytes_;
  return {.src = static_cast<const std::byte*>(whole[0]) + offset,
          .height = sizes_.height,
          .pad_top = sizes_.pad_top,
          .first = row,
          .count = count};
}

DepthwiseSource::Window DepthwiseSource::Fetch(int part, int image, int row, int count,
                                               RowStep::Whole whole) const {
  auto* const held = reinterpret_cast<Held*>(static_cast<std::byte*>(whole[reads_.size()]) +
                                             static_cast<std::size_t>(part) * part_bytes_);
  auto* const rows = reinterpret_cast<std::byte*>(held + 1);
  const int above = row * sizes_.stride - sizes_.pad_top;
  const int begin = std::max(above, 0);
  const int end =
      std::max(begin, std::min(above + (count - 1) * sizes_.stride + sizes_.kernel, sizes_.height));
  const int first = image * sizes_.height + begin;
  const int last = image * sizes_.height + end;
  // Neighbouring windows have rows in common.
  int kept = 0;
  if (held->first <= first && first < held->last) {
    kept = std::min(held->last, last) - first;
    for (int plane = 0; plane < planes_; ++plane) {
      std::byte* const to = rows + static_cast<std::size_t>(plane) * plane_bytes_;
      std::memmove(to, to + static_cast<std::size_t>(first - held->first) * row_bytes_,
                   static_cast<std::size_t>(kept) * row_bytes_);
    }
  }
  *held = {.first = first, .last = last};
  Window window = {
      .src = rows, .height = end - begin, .pad_top = begin - above, .first = 0, .count = count};
  const std::span<void* const> reads = whole.first(reads_.size());
  std::byte* const fresh = rows + static_cast<std::size_t>(kept) * row_bytes_;
  if (planes_ == 1) {
    rows_->run(first + kept, last, reads, fresh);
    return window;
  }
  const auto plane = [&](std::byte* at, std::size_t index) {
    return reinterpret_cast<float*>(at + index * plane_bytes_);
  };
  rows_->norm->run(
      first + kept, last, reads,
      {.dst = plane(fresh, 0), .slope = plane(fresh, 1), .slope_normalised = plane(fresh, 2)});
  window.slope = plane(rows, 1);
  window.slope_normalised = plane(rows, 2);
  return window;
}

}  // namespace avocet
