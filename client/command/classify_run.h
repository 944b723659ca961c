// The work of `avocet classify`: files in, results out, several calls at once.
#ifndef AVOCET_CLIENT_COMMAND_CLASSIFY_RUN_H_
#define AVOCET_CLIENT_COMMAND_CLASSIFY_RUN_H_

#include <string>
#include <vector>

#include "client/classifier.h"
#include "client/command/connection.h"

namespace avocet {

struct ClassifyFlags {
  std::vector<std::string> paths;
  ClassifyOptions request;
  int top = 0;  // 0: the format's own number
  std::string format = "auto";
  // Enough to keep a server of a few cores busy while this end reads files, and few enough not to
  // fill its queue alone.
  int concurrency = 8;
  ConnectionFlags connection;
};

// Classifies the files and prints results in the order of the arguments, each as soon as those
// before it are there. At most `concurrency` files are in memory. Returns the exit status.
int RunClassify(const ClassifyFlags& flags);

}  // namespace avocet

#endif  // AVOCET_CLIENT_COMMAND_CLASSIFY_RUN_H_
