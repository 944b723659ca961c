// A group of processes that train one network together.
#ifndef AVOCET_ENGINE_BASE_COLLECTIVE_H_
#define AVOCET_ENGINE_BASE_COLLECTIVE_H_

#include <span>

namespace avocet {

// Every member calls the same functions in the same order; each call waits for all. Owned and used
// by one thread at a time. A member that cannot go on ends the whole group, so calls do not fail.
class Collective {
 public:
  virtual ~Collective() = default;

  virtual int rank() const = 0;  // in [0, size)
  virtual int size() const = 0;

  // Each value becomes its sum over all members: the same bits on each of them.
  virtual void Sum(std::span<float> values) = 0;
  virtual void Sum(std::span<double> values) = 0;

  // Begins a Sum that may go on while the caller computes; `values` stay untouched until `Wait`.
  virtual void StartSum(std::span<float> values) { Sum(values); }
  // Waits for all that was begun.
  virtual void Wait() {}
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_BASE_COLLECTIVE_H_
