// The values of a network's parameters.
#ifndef AVOCET_ENGINE_GRAPH_PARAMETERS_H_
#define AVOCET_ENGINE_GRAPH_PARAMETERS_H_

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/graph/parameter_spec.h"

namespace avocet {

// One buffer of float32, with a named view for each parameter; views start at multiples of 64
// bytes, in the order of the specs. Movable. Reading from several threads at once is fine.
class Parameters {
 public:
  Parameters() = default;
  // All zero. The names must be distinct.
  explicit Parameters(std::span<const ParameterSpec> specs);

  bool Has(std::string_view name) const;
  // The name must be there.
  std::span<float> Get(std::string_view name);
  std::span<const float> Get(std::string_view name) const;

  // Gives a view another name, which must be free: how a pass turns a folded norm's bias into the
  // convolution's.
  void Rename(std::string_view from, std::string_view to);
  // Forgets a view. Its bytes stay in the buffer.
  void Remove(std::string_view name);

  std::vector<std::string> names() const;

 private:
  struct View {
    std::size_t offset;
    std::size_t size;
  };
  struct Free {
    void operator()(float* buffer) const;
  };
  const View& Find(std::string_view name) const;

  std::unique_ptr<float[], Free> buffer_;
  std::map<std::string, View, std::less<>> views_;
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_GRAPH_PARAMETERS_H_
