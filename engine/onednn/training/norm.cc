#include "engine/onednn/training/norm.h"

#include <algorithm>
#include <cstdint>

namespace avocet {
namespace {

using DataType = dnnl::memory::data_type;
using Tag = dnnl::memory::format_tag;

const float* Data(const dnnl::memory& memory) {
  return static_cast<const float*>(memory.get_data_handle());
}

}  // namespace

Norm NormOf(const BatchNorm& batch_norm, NodeId id, Tape& tape) {
  const Node& node = tape.graph().node(id);
  const int channels = node.shape.c;
  const auto vector = [&](const char* suffix) { return tape.Vector(node.name + suffix, channels); };
  Norm norm = {.name = node.name,
               .activation = std::nullopt,
               .shape = node.shape,
               .epsilon = batch_norm.epsilon,
               .is_frozen = !tape.IsTrainable(node.name + ".weight"),
               .type = tape.type(),
               .weight = vector(".weight"),
               .bias = vector(".bias"),
               .running_mean = vector(".running_mean"),
               .running_var = vector(".running_var"),
               .src = tape.Input(id),
               .statistics = tape.emitter().NewTensor({{2, channels}, DataType::f32, Tag::ab}),
               .collective = tape.options().sync_batch_norm,
               .state = tape.state()};
  const NodeId reader = tape.OnlyReader(id);
  if (reader >= 0) {
    if (const auto* activation = std::get_if<Activation>(&tape.graph().node(reader).op)) {
      norm.activation = activation->kind;
    }
  }
  return norm;
}

NormStores StoresOf(const Norm& norm, Tape& tape) {
  const auto store = [&](const std::string& name) {
    return tape.IsTrainable(name) ? tape.GradientStore(name) : nullptr;
  };
  return {.weight = store(norm.name + ".weight"), .bias = store(norm.name + ".bias")};
}

NormChannels ChannelsOf(const Norm& norm, const void* statistics, bool streams) {
  const auto* values = static_cast<const float*>(statistics);
  return {.channels = norm.channels(),
          .mean = values,
          .inverse = values + norm.channels(),
          .weight = Data(norm.weight),
          .bias = Data(norm.bias),
          .activation = norm.activation,
          .streams = streams};
}

bool StreamsResults(const Norm& norm, const Emitter& emitter) {
  return norm.type == DataType::f32 && norm.channels() % 16 == 0 &&
         static_cast<std::int64_t>(norm.src.desc.get_size()) >= emitter.turns().streamed_tensor;
}

double CountOf(const Norm& norm) {
  return static_cast<double>(norm.rows()) * norm.shape.w *
         (norm.collective == nullptr ? 1 : norm.collective->size());
}

void SumOverProcesses(const Norm& norm, double* sums) {
  if (norm.collective == nullptr) return;
  norm.collective->Sum(std::span(sums, static_cast<std::size_t>(2 * norm.channels())));
}

void StoreNormGradients(const Norm& norm, const NormStores& stores, double* sums, float* means) {
  const int channels = norm.channels();
  const auto store = [&](const std::function<void(const float*)>& to, const double* gradient) {
    if (!to) return;
    std::transform(gradient, gradient + channels, means,
                   [](double value) { return static_cast<float>(value); });
    to(means);
  };
  store(stores.weight, sums + channels);
  store(stores.bias, sums);
  if (!norm.is_frozen) SumOverProcesses(norm, sums);
  // Fixed statistics do not depend on the values.
  const double scale = norm.is_frozen ? 0.0 : 1.0 / CountOf(norm);
  for (int i = 0; i < 2 * channels; ++i) means[i] = static_cast<float>(sums[i] * scale);
}

}  // namespace avocet
