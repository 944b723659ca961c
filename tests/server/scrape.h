// What Prometheus would read.
#ifndef AVOCET_TESTS_SERVER_SCRAPE_H_
#define AVOCET_TESTS_SERVER_SCRAPE_H_

#include <string>

namespace avocet {

// The whole answer of 127.0.0.1, headers too; empty when nobody listens.
std::string HttpGet(int port, const std::string& path);

// The value of a series such as `avocet_executors` or `avocet_images_total{code="OK",model="fake"}`
// in the text format; -1 if there is none.
double SeriesIn(const std::string& text, const std::string& series);

}  // namespace avocet

#endif  // AVOCET_TESTS_SERVER_SCRAPE_H_
