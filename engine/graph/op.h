// The operators of a network, as plain data. The set is closed: whoever visits an `Op` handles
// every kind, or does not compile.
#ifndef AVOCET_ENGINE_GRAPH_OP_H_
#define AVOCET_ENGINE_GRAPH_OP_H_

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace avocet {

// The network's images. dst [N, C, H, W], set when the graph is built or reshaped.
struct Input {
  int channels = 3;
  int height = 224;
  int width = 224;
  bool operator==(const Input&) const = default;
};

// y = f(x), element by element.
enum class ActivationKind { kRelu, kRelu6, kSilu, kGelu, kSigmoid, kTanh };

// "relu6", "silu", ... as in timm and PyTorch.
std::string_view ActivationName(ActivationKind kind);

// kSymmetric: (k - 1) / 2 on every side. kSame: TensorFlow's rule, ceil(size / stride) outputs, the
// odd pixel at the bottom and right (timm's `tf_` networks). kValid: none.
enum class Padding { kSymmetric, kSame, kValid };

// What a convolution does to each result before it stores it. Only passes add these.
struct ActivationPostOp {
  ActivationKind kind;
  bool operator==(const ActivationPostOp&) const = default;
};
// Adds inputs[1], which has the shape of dst and is overwritten by it.
struct ResidualPostOp {
  bool operator==(const ResidualPostOp&) const = default;
};
using PostOp = std::variant<ActivationPostOp, ResidualPostOp>;

// src [N, IC, H, W] -> dst [N, OC, OH, OW]; weight [OC, IC / groups, kernel, kernel], bias [OC].
struct Conv2d {
  int out_channels;
  int kernel;
  int stride = 1;
  int groups = 1;
  Padding padding = Padding::kSymmetric;
  bool bias = false;
  // Of a convolution of 1 x 1 in one group: files hold it as PyTorch's linear layer, of the same
  // numbers, weight [OC, IC].
  bool stored_as_linear = false;
  std::vector<PostOp> post_ops = {};  // in the order of computation
  bool operator==(const Conv2d&) const = default;
};

// dst = (src - running_mean) / sqrt(running_var + epsilon) * weight + bias, per channel; in
// training, statistics of the batch.
struct BatchNorm {
  float epsilon = 1e-5f;  // PyTorch's default; 1e-3 in timm's `tf_` networks
  bool operator==(const BatchNorm&) const = default;
};

struct Activation {
  ActivationKind kind;
  bool operator==(const Activation&) const = default;
};

// dst = inputs[0] + inputs[1], of one shape.
struct Add {
  bool operator==(const Add&) const = default;
};

// src [N, C, H, W] -> dst [N, C, 1, 1], the mean over H and W.
struct GlobalAveragePool {
  bool operator==(const GlobalAveragePool&) const = default;
};

// dst = inputs[0] * inputs[1], with src [N, C, H, W] and a gate [N, C, 1, 1] (squeeze-and-excite).
struct ChannelScale {
  bool operator==(const ChannelScale&) const = default;
};

// Normalises the channels of each pixel to mean 0 and variance 1, then times weight [C] plus bias
// [C].
struct LayerNorm {
  float epsilon = 1e-6f;  // ConvNeXt's
  bool operator==(const LayerNorm&) const = default;
};

// dst = src * gamma, per channel; the parameter's name is the node's own.
struct LayerScale {
  bool operator==(const LayerScale&) const = default;
};

// ConvNeXt V2's global response normalisation (arXiv 2301.00808): with g the L2 norm of each
// channel over H and W, and n = g / (mean of g over channels + 1e-6), dst = src + weight * src * n
// + bias.
struct GlobalResponseNorm {
  bool operator==(const GlobalResponseNorm&) const = default;
};

// Largest value under the window; pixels outside the image do not count.
struct MaxPool {
  int kernel;
  int stride;
  int padding = 0;  // on every side
  bool operator==(const MaxPool&) const = default;
};

// LeCun's subsampling: mean under windows that do not overlap, times one weight plus one bias for
// the whole layer.
struct ScaledAveragePool {
  int kernel;
  bool operator==(const ScaledAveragePool&) const = default;
};

// Enlarges features that are smaller than min_size to that size, each result the mean of the source
// pixels that it covers (PyTorch's adaptive average pooling); larger ones stay. timm does this
// before VGG's classifier.
struct PoolUp {
  int min_size;
  bool operator==(const PoolUp&) const = default;
};

// src [N, C, H, W] -> dst [N, out_features, 1, 1]; weight [out_features, C * H * W], bias
// [out_features].
struct Linear {
  int out_features;
  bool operator==(const Linear&) const = default;
};

// In training, zeroes elements with probability `rate` and scales the others by 1 / (1 - rate);
// otherwise the identity.
struct Dropout {
  float rate;
  bool operator==(const Dropout&) const = default;
};

// Dropout of whole images (stochastic depth), for residual branches.
struct DropPath {
  float rate;
  bool operator==(const DropPath&) const = default;
};

using Op = std::variant<Input, Conv2d, BatchNorm, Activation, Add, GlobalAveragePool, ChannelScale,
                        LayerNorm, LayerScale, GlobalResponseNorm, MaxPool, ScaledAveragePool,
                        PoolUp, Linear, Dropout, DropPath>;

// "conv2d 32 @ 3x3 / 2", as in `Graph::DebugString`.
std::string DescribeOp(const Op& op);

// Lets std::visit take one lambda a kind.
template <typename... Visitors>
struct Overloaded : Visitors... {
  using Visitors::operator()...;
};
template <typename... Visitors>
Overloaded(Visitors...) -> Overloaded<Visitors...>;

}  // namespace avocet

#endif  // AVOCET_ENGINE_GRAPH_OP_H_
