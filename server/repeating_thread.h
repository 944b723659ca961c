// Something done again and again beside the rest.
#ifndef AVOCET_SERVER_REPEATING_THREAD_H_
#define AVOCET_SERVER_REPEATING_THREAD_H_

#include <chrono>
#include <functional>
#include <string>
#include <thread>

namespace avocet {

// Calls a function every `interval`, the first time after one, on a thread of low priority.
class RepeatingThread {
 public:
  // `name`: of the thread, at most 15 characters.
  RepeatingThread(const std::string& name, std::chrono::milliseconds interval,
                  std::function<void()> function);
  // Ends the waiting, or waits for the call under way.
  ~RepeatingThread() = default;

 private:
  std::jthread thread_;
};

}  // namespace avocet

#endif  // AVOCET_SERVER_REPEATING_THREAD_H_
