#include "server/repeating_thread.h"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <utility>

namespace avocet {
namespace {

// Gets about a tenth of a core's time when another thread wants it (sched(7): a step of nice is a
// factor of 1.25). Linux has it by thread.
constexpr int kNice = 10;

}  // namespace

RepeatingThread::RepeatingThread(const std::string& name, std::chrono::milliseconds interval,
                                 std::function<void()> function)
    : thread_([=](const std::stop_token& stop) {
        pthread_setname_np(pthread_self(), name.c_str());
        setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kNice);
        std::mutex mutex;
        std::condition_variable_any stopped;
        std::unique_lock lock(mutex);
        while (true) {
          stopped.wait_for(lock, stop, interval, [] { return false; });
          if (stop.stop_requested()) return;
          function();
        }
      }) {}

}  // namespace avocet
