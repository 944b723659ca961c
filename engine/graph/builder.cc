#include "engine/graph/builder.h"

#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/graph/infer_shape.h"

namespace avocet {

Builder::Builder(const Input& input) {
  const Shape shape = {1, input.channels, input.height, input.width};
  if (shape.c < 1 || shape.h < 1 || shape.w < 1) {
    status_ = absl::InvalidArgumentError(
        absl::StrCat("expected an input of at least one pixel, found ", shape.ToString()));
  }
  graph_.Append({input, {}, shape, "input"});
}

Builder::Scope::~Scope() { builder_->prefix_.resize(length_); }

Builder::Scope Builder::Enter(std::string_view name) {
  const std::size_t length = prefix_.size();
  prefix_.append(name).append(".");
  return Scope(this, length);
}

Value Builder::Append(std::string_view name, Op op, std::span<const Value> inputs) {
  std::vector<Shape> shapes;
  std::vector<NodeId> ids;
  for (const Value& value : inputs) {
    shapes.push_back(value.shape);
    ids.push_back(value.id);
  }
  std::string full_name = prefix_ + std::string(name);
  absl::StatusOr<Shape> shape = InferShape(op, shapes, full_name);
  if (!shape.ok()) {
    status_.Update(shape.status());
    shape = shapes[0];
  }
  const NodeId id = graph_.Append({std::move(op), std::move(ids), *shape, std::move(full_name)});
  return {id, *shape};
}

Value Builder::Conv(std::string_view name, Value src, const Conv2d& conv) {
  return Append(name, conv, std::array{src});
}

Value Builder::BatchNorm(std::string_view name, Value src, const avocet::BatchNorm& norm) {
  return Append(name, norm, std::array{src});
}

Value Builder::Activation(Value src, ActivationKind kind) {
  return Append(absl::StrCat("act", graph_.size()), avocet::Activation{kind}, std::array{src});
}

Value Builder::Add(Value left, Value right) {
  return Append(absl::StrCat("add", graph_.size()), avocet::Add{}, std::array{left, right});
}

Value Builder::GlobalAveragePool(Value src) {
  return Append(absl::StrCat("global_pool", graph_.size()), avocet::GlobalAveragePool{},
                std::array{src});
}

Value Builder::ChannelScale(Value src, Value gate) {
  return Append(absl::StrCat("scale", graph_.size()), avocet::ChannelScale{},
                std::array{src, gate});
}

Value Builder::LayerNorm(std::string_view name, Value src, const avocet::LayerNorm& norm) {
  return Append(name, norm, std::array{src});
}

Value Builder::LayerScale(std::string_view name, Value src) {
  return Append(name, avocet::LayerScale{}, std::array{src});
}

Value Builder::GlobalResponseNorm(std::string_view name, Value src) {
  return Append(name, avocet::GlobalResponseNorm{}, std::array{src});
}

Value Builder::MaxPool(Value src, const avocet::MaxPool& pool) {
  return Append(absl::StrCat("max_pool", graph_.size()), pool, std::array{src});
}

Value Builder::ScaledAveragePool(std::string_view name, Value src, int kernel) {
  return Append(name, avocet::ScaledAveragePool{kernel}, std::array{src});
}

Value Builder::PoolUp(Value src, int min_size) {
  return Append(absl::StrCat("pool_up", graph_.size()), avocet::PoolUp{min_size}, std::array{src});
}

Value Builder::Linear(std::string_view name, Value src, int out_features) {
  return Append(name, avocet::Linear{out_features}, std::array{src});
}

Value Builder::Dropout(Value src, float rate) {
  if (rate == 0) return src;
  return Append(absl::StrCat("dropout", graph_.size()), avocet::Dropout{rate}, std::array{src});
}

Value Builder::DropPath(Value src, float rate) {
  if (rate == 0) return src;
  return Append(absl::StrCat("drop_path", graph_.size()), avocet::DropPath{rate}, std::array{src});
}

absl::StatusOr<Graph> Builder::Finish() && {
  if (!status_.ok()) return status_;
  return std::move(graph_);
}

}  // namespace avocet
