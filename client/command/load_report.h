// The figures of a load run, for a person and for a program.
#ifndef AVOCET_CLIENT_COMMAND_LOAD_REPORT_H_
#define AVOCET_CLIENT_COMMAND_LOAD_REPORT_H_

#include <string>

#include "client/command/load_generator.h"

namespace avocet {

// Several lines: images a second, latencies, errors by code, the server's stages, this process's
// CPU.
std::string LoadReportText(const LoadReport& report, const LoadOptions& options);

// One line: a JSON object of the same figures, times in milliseconds unless the name says seconds.
std::string LoadReportJson(const LoadReport& report, const LoadOptions& options);

}  // namespace avocet

#endif  // AVOCET_CLIENT_COMMAND_LOAD_REPORT_H_
