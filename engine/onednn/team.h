// How many threads the primitives that a thread compiles and runs use.
#ifndef AVOCET_ENGINE_ONEDNN_TEAM_H_
#define AVOCET_ENGINE_ONEDNN_TEAM_H_

#include <functional>

namespace avocet {

// Sets the OpenMP team of the calling thread while it lives: oneDNN fixes the count when it
// compiles a primitive and expects the same when it runs it. One thread means no team at all: the
// work runs on the caller.
class ScopedTeam {
 public:
  explicit ScopedTeam(int threads);
  ~ScopedTeam();
  ScopedTeam(const ScopedTeam&) = delete;
  ScopedTeam& operator=(const ScopedTeam&) = delete;

 private:
  int outside_;
};

// Threads of the calling thread's team.
int TeamSize();

// Calls body(part, begin, end) on consecutive parts of [0, count), part 0 to at most TeamSize() -
// 1, one for each thread of the calling thread's team.
void ParallelTeam(int count, const std::function<void(int part, int begin, int end)>& body);

// Shares the rows of all images evenly among the team: calls body(part, image, first, last) for the
// rows [first, last), often none, that part `part` has of each image.
void ParallelRows(int images, int rows,
                  const std::function<void(int part, int image, int first, int last)>& body);

// Calls body(begin, end) on consecutive parts of [0, count), one for each thread of the calling
// thread's team.
void ParallelFor(int count, const std::function<void(int begin, int end)>& body);

// Calls body(begin, end) on consecutive parts of [0, count), each of `chunk` but for the last; a
// thread of the team that is done with one takes the next. For work that is the same whoever does
// it, on cores of which one may be slower for a while: another program may have its other thread.
// Without a team there is one part.
void ParallelChunks(int count, int chunk, const std::function<void(int begin, int end)>& body);

}  // namespace avocet

#endif  // AVOCET_ENGINE_ONEDNN_TEAM_H_
