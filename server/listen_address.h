// Where a port is opened, and why it could not be.
#ifndef AVOCET_SERVER_LISTEN_ADDRESS_H_
#define AVOCET_SERVER_LISTEN_ADDRESS_H_

#include <string>

namespace avocet {

// "0.0.0.0", 80 -> "0.0.0.0:80"; "::", 80 -> "[::]:80".
std::string JoinAddress(const std::string& address, int port);

// The operating system's reason why `address` and `port` cannot be listened on ("Address already in
// use"); empty if they can. The libraries that open our ports do not tell.
std::string WhyNotListen(const std::string& address, int port);

}  // namespace avocet

#endif  // AVOCET_SERVER_LISTEN_ADDRESS_H_
