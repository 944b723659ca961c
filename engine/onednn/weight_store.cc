#include "engine/onednn/weight_store.h"

#include <utility>

#include "engine/base/check.h"
#include "engine/onednn/quantize_weights.h"
#include "engine/onednn/round_weights.h"

namespace avocet {

using DataType = dnnl::memory::data_type;

WeightStore::WeightStore(dnnl::engine engine, Parameters parameters)
    : engine_(std::move(engine)), plain_(std::move(parameters)) {}

dnnl::memory WeightStore::Source(const std::string& name, const dnnl::memory::desc& plain,
                                 const std::vector<dnnl::memory>& layouts) {
  if (plain_.has_value()) {
    const std::span<float> values = plain_->Get(name);
    AVOCET_CHECK(values.size_bytes() == plain.get_size());
    return dnnl::memory(plain, engine_, values.data());
  }
  if (layouts.empty()) {
    throw dnnl::error(dnnl_invalid_arguments, "its float32 weights were dropped for int8 ones");
  }
  for (const dnnl::memory& layout : layouts) {
    if (layout.get_desc().get_data_type() == DataType::f32) return layout;
  }
  return layouts.front();
}

dnnl::memory WeightStore::Reorder(dnnl::memory from, const dnnl::memory::desc& desc) {
  dnnl::stream stream(engine_);
  dnnl::memory to(desc, engine_);
  dnnl::reorder(from, to).execute(stream, from, to);
  stream.wait();
  return to;
}

dnnl::memory WeightStore::Get(const std::string& name, const dnnl::memory::desc& plain,
                              const dnnl::memory::desc& wanted) {
  const std::lock_guard lock(mutex_);
  std::vector<dnnl::memory>& layouts = layouts_[name];
  for (const dnnl::memory& layout : layouts) {
    if (layout.get_desc() == wanted) return layout;
  }
  dnnl::memory src = Source(name, plain, layouts);
  if (wanted.get_data_type() == DataType::f32 && src.get_desc().get_data_type() != DataType::f32) {
    throw dnnl::error(dnnl_invalid_arguments, "its float32 weights were dropped for bfloat16 ones");
  }
  if (wanted.get_data_type() == DataType::bf16 && src.get_desc().get_data_type() == DataType::f32) {
    src = Reorder(src, plain);
    const dnnl::memory::dims dims = plain.get_dims();
    const auto taps = static_cast<std::size_t>(dims[dims.size() - 2] * dims.back());
    RoundToBFloat16({static_cast<float*>(src.get_data_handle()), plain.get_size() / sizeof(float)},
                    taps);
  }
  dnnl::memory dst = Reorder(src, wanted);
  layouts.push_back(dst);
  return dst;
}

Int8Weights WeightStore::Quantize(const std::string& name, const dnnl::memory::desc& plain,
                                  bool is_guarded) {
  dnnl::memory src = Source(name, plain, layouts_[name]);
  if (src.get_desc().get_data_type() != DataType::f32) {
    throw dnnl::error(dnnl_invalid_arguments, "its float32 weights were dropped for bfloat16 ones");
  }
  if (src.get_desc() != plain) src = Reorder(src, plain);
  const dnnl::memory::dims dims = plain.get_dims();
  const dnnl::memory::dim channels = dims.size() == 5 ? dims[0] * dims[1] : dims[0];
  const auto taps = static_cast<std::size_t>(dims[dims.size() - 2] * dims.back());
  const dnnl::memory::desc desc(dims, DataType::s8, plain.get_strides());
  const dnnl::memory::desc per_channel({channels}, DataType::f32, dnnl::memory::format_tag::x);
  Int8Weights weights = {dnnl::memory(desc, engine_), dnnl::memory(per_channel, engine_)};
  QuantizeWeights(
      {static_cast<const float*>(src.get_data_handle()), plain.get_size() / sizeof(float)}, taps,
      LargestInt8Weight(is_guarded),
      {static_cast<std::int8_t*>(weights.values.get_data_handle()), desc.get_size()},
      {static_cast<float*>(weights.scales.get_data_handle()), static_cast<std::size_t>(channels)});
  return weights;
}

Int8Weights WeightStore::GetInt8(const std::string& name, const dnnl::memory::desc& plain,
                                 const dnnl::memory::desc& wanted, bool is_guarded) {
  const std::lock_guard lock(mutex_);
  auto found = int8_.find(name);
  if (found == int8_.end())
    found = int8_.emplace(name, Int8Parameter{Quantize(name, plain, is_guarded), {}}).first;
  Int8Parameter& parameter = found->second;
  for (const dnnl::memory& layout : parameter.layouts) {
    if (layout.get_desc() == wanted) return {layout, parameter.plain.scales};
  }
  parameter.layouts.push_back(Reorder(parameter.plain.values, wanted));
  return {parameter.layouts.back(), parameter.plain.scales};
}

void WeightStore::ReleasePlain() {
  const std::lock_guard lock(mutex_);
  plain_.reset();
}

std::size_t WeightStore::bytes() const {
  const std::lock_guard lock(mutex_);
  std::size_t total = 0;
  for (const auto& [name, layouts] : layouts_) {
    for (const dnnl::memory& layout : layouts) total += layout.get_desc().get_size();
  }
  for (const auto& [name, parameter] : int8_) {
    total += parameter.plain.values.get_desc().get_size();
    total += parameter.plain.scales.get_desc().get_size();
    for (const dnnl::memory& layout : parameter.layouts) total += layout.get_desc().get_size();
  }
  return total;
}

std::size_t WeightStore::duplicate_bytes() const {
  const std::lock_guard lock(mutex_);
  std::size_t total = 0;
  for (const auto& [name, layouts] : layouts_) {
    for (std::size_t i = 1; i < layouts.size(); ++i) total += layouts[i].get_desc().get_size();
  }
  for (const auto& [name, parameter] : int8_) {
    for (const dnnl::memory& layout : parameter.layouts) total += layout.get_desc().get_size();
  }
  return total;
}

}  // namespace avocet
