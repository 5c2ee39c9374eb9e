// Tells the service manager how the server is (systemd's sd_notify, Type=notify), in the few lines that it takes.
#pragma once

#include <string>

#include "server/literal.h"

namespace chartline::server {

class Notifier {
 public:
  // `socket` is the environment's NOTIFY_SOCKET; "" where nobody wants to know. An '@' stands for a name without a file.
  explicit Notifier(std::string socket) : socket_(std::move(socket)) {}

  // "READY=1", "STOPPING=1", "RELOADING=1", "WATCHDOG=1". Who cannot be told is not waited for.
  void tell(Literal state) const;

 private:
  const std::string socket_;
};

}  // namespace chartline::server
