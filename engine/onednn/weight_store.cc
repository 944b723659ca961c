#include "engine/onednn/weight_store.h"

#include <utility>

#include "engine/base/check.h"
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
  AVOCET_CHECK(!layouts.empty());
  for (const dnnl::memory& layout : layouts) {
    if (layout.get_desc().get_data_type() == DataType::f32) return layout;
  }
  return layouts.front();
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
  dnnl::stream stream(engine_);
  const auto reorder = [&](dnnl::memory from, const dnnl::memory::desc& desc) {
    dnnl::memory to(desc, engine_);
    dnnl::reorder(from, to).execute(stream, from, to);
    stream.wait();
    return to;
  };
  if (wanted.get_data_type() == DataType::bf16 && src.get_desc().get_data_type() == DataType::f32) {
    src = reorder(src, plain);
    const dnnl::memory::dims dims = plain.get_dims();
    const auto taps = static_cast<std::size_t>(dims[dims.size() - 2] * dims.back());
    RoundToBFloat16({static_cast<float*>(src.get_data_handle()), plain.get_size() / sizeof(float)},
                    taps);
  }
  dnnl::memory dst = reorder(src, wanted);
  layouts.push_back(dst);
  return dst;
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
  return total;
}

std::size_t WeightStore::duplicate_bytes() const {
  const std::lock_guard lock(mutex_);
  std::size_t total = 0;
  for (const auto& [name, layouts] : layouts_) {
    for (std::size_t i = 1; i < layouts.size(); ++i) total += layouts[i].get_desc().get_size();
  }
  return total;
}

}  // namespace avocet
