// How results look on a screen, in a pipe and to a program.
#ifndef AVOCET_CLIENT_COMMAND_RESULT_PRINTER_H_
#define AVOCET_CLIENT_COMMAND_RESULT_PRINTER_H_

#include <string>

#include "absl/status/status.h"
#include "client/classifier.h"
#include "client/command/terminal.h"

namespace avocet {

enum class ResultFormat {
  kChart,  // a bar a class, for one file on a screen
  kLines,  // a line a file, aligned, for a screen
  kTsv,  // a line a file: path, then label and percent of each class, separated by tabs; for a pipe
  kJson,  // an object a file, one a line
};

struct FileResult {
  std::string path;
  absl::Status status;   // not OK: why there is no outcome
  ImageOutcome outcome;  // set when OK
  // The call failed as a whole, rather than this file or image.
  bool call_failed = false;
};

// One file's result, with its line end. Failed files are empty in all formats but JSON: their
// message is on stderr. `path_width`: columns of the path in kLines.
std::string FormatResult(const FileResult& result, ResultFormat format, const Terminal& terminal,
                         int path_width);

}  // namespace avocet

#endif  // AVOCET_CLIENT_COMMAND_RESULT_PRINTER_H_
