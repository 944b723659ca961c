// Writes a Graph operator by operator, with shapes inferred and names made from scopes:
//
//   Builder b({.channels = 3, .height = 224, .width = 224});
//   Value x = b.Conv("conv_stem", b.input(), {.out_channels = 32, .kernel = 3, .stride = 2});
//   {
//     Builder::Scope stage = b.Enter("blocks.0");
//     x = b.BatchNorm("bn1", x);      // its parameters are "blocks.0.bn1.weight", ...
//   }
//   absl::StatusOr<Graph> graph = b.Finish();
#ifndef AVOCET_ENGINE_GRAPH_BUILDER_H_
#define AVOCET_ENGINE_GRAPH_BUILDER_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/graph/graph.h"

namespace avocet {

// Result of a node while its graph is being built.
struct Value {
  NodeId id;
  Shape shape;
  int channels() const { return shape.c; }
};

// An operator that cannot take its inputs is remembered and reported by `Finish`, so that a network
// reads as one expression after the other. Not thread-safe.
class Builder {
 public:
  explicit Builder(const Input& input);

  // Prefixes names with "<name>." until it is destroyed.
  class Scope {
   public:
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    friend class Builder;
    Scope(Builder* builder, std::size_t length) : builder_(builder), length_(length) {}
    Builder* builder_;
    std::size_t length_;  // of the prefix outside
  };
  [[nodiscard]] Scope Enter(std::string_view name);

  Value input() const { return {0, graph_.node(0).shape}; }

  Value Conv(std::string_view name, Value src, const Conv2d& conv);
  Value BatchNorm(std::string_view name, Value src, const avocet::BatchNorm& norm = {});
  Value Activation(Value src, ActivationKind kind);
  Value Add(Value left, Value right);
  Value GlobalAveragePool(Value src);
  // `gate` is [N, C, 1, 1].
  Value ChannelScale(Value src, Value gate);
  Value LayerNorm(std::string_view name, Value src, const avocet::LayerNorm& norm = {});
  Value LayerScale(std::string_view name, Value src);
  Value GlobalResponseNorm(std::string_view name, Value src);
  Value MaxPool(Value src, const avocet::MaxPool& pool);
  Value ScaledAveragePool(std::string_view name, Value src, int kernel);
  Value PoolUp(Value src, int min_size);
  Value Linear(std::string_view name, Value src, int out_features);
  // Without effect, and without a node, at rate 0.
  Value Dropout(Value src, float rate);
  Value DropPath(Value src, float rate);

  // The graph, whose output is the last value built; or the first error.
  absl::StatusOr<Graph> Finish() &&;

 private:
  Value Append(std::string_view name, Op op, std::span<const Value> inputs);

  Graph graph_;
  std::string prefix_;
  absl::Status status_;
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_GRAPH_BUILDER_H_
